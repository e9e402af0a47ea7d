# shellcheck shell=bash
# kubernetes.sh - sourced by build.sh: Kubernetes' programs, static, from Debian's own source package.
#
# Debian's golang-1.19 in GOPATH mode. The source package needs three mends: the reflect2 1.0.1 in its vendor folder
# crashes when built with Go 1.18 or later (Debian's own 1.0.2 goes in its place), pkg/generated/openapi is missing
# (the generator is in vendor), and decorated-watcher.patch says what it is for. The tag "providerless" leaves the
# cloud providers' SDKs out.
# shellcheck disable=SC2154,SC2164 # cache, version and recipe are build.sh's, and so is errexit
gopath=$cache/src/gopath-$version
tree=$gopath/src/k8s.io/kubernetes
commands="kubeadm kubelet kubectl kube-apiserver kube-controller-manager kube-scheduler kube-proxy"
export PATH=/usr/lib/go-1.19/bin:$PATH GO111MODULE=off GOPATH=$gopath GOCACHE=$cache/gocache GOFLAGS='' CGO_ENABLED=0

fetch_source() {
    local mirror options
    # A source list of our own: the machine's stays as it is.
    mkdir -p "$cache/src/dl" "$cache/src/apt/lists/partial"
    # shellcheck disable=SC2016 # apt-get fills it in
    mirror=${MIRROR:-$(apt-get indextargets --format '$(REPO_URI)' 'Codename: bookworm' 'Origin: Debian' | grep -E '^https?://' | head -n 1 || true)}
    echo "deb-src ${mirror:-http://deb.debian.org/debian} bookworm main" > "$cache/src/apt/deb-src.list"
    options=(-qq -o "Dir::Etc::sourcelist=$cache/src/apt/deb-src.list" -o Dir::Etc::sourceparts=/nonexistent
        -o "Dir::State::lists=$cache/src/apt/lists" -o Dir::Cache::srcpkgcache= -o Dir::Cache::pkgcache= -o APT::Sandbox::User=root)
    cd "$cache/src/dl"
    apt-get "${options[@]}" update
    apt-get "${options[@]}" source --download-only kubernetes golang-github-modern-go-reflect2
}

unpack_source() {
    local reflect2=vendor/github.com/modern-go/reflect2
    rm -rf "$tree" "$tree.part"
    mkdir -p "$(dirname "$tree")"
    dpkg-source --no-check -x "$cache"/src/dl/kubernetes_*.dsc "$tree.part"
    cd "$tree.part"
    rm -rf $reflect2
    mkdir $reflect2
    tar -xf "$cache"/src/dl/golang-github-modern-go-reflect2_*.orig.tar.gz --strip-components=1 -C $reflect2
    patch -p1 < "$recipe/decorated-watcher.patch"
    mv "$tree.part" "$tree"
}

generate_openapi() {
    local inputs module modules=()
    cd "$tree"
    go build -o "$cache/bin/openapi-gen" ./vendor/k8s.io/kube-openapi/cmd/openapi-gen
    for module in vendor/k8s.io/*; do [ ! -L "$module" ] || modules+=("$module/"); done
    inputs=$(grep -rl --include='*.go' '^// *+k8s:openapi-gen=' "${modules[@]}" pkg cmd plugin | xargs -n 1 dirname |
        sed 's,//,/,g' | grep -vE 'code-generator|sample-apiserver|/testdata' | LC_ALL=C sort -u |
        sed 's,^,k8s.io/kubernetes/,' | paste -sd ,)
    "$cache/bin/openapi-gen" --logtostderr -i "$inputs" -p k8s.io/kubernetes/pkg/generated/openapi \
        -O zz_generated.openapi -h hack/boilerplate/boilerplate.generatego.txt -r "$cache/log/openapi.report"
}

version_flags() {
    local major minor package field
    IFS=. read -r major minor _ <<< "${version#v}"
    printf -- '-s -w'
    for package in k8s.io/client-go/pkg/version k8s.io/component-base/version; do
        for field in "gitVersion=$version" "gitMajor=$major" "gitMinor=$minor" gitTreeState=clean \
            "buildDate=$(date -u +%Y-%m-%dT%H:%M:%SZ -d "@$SOURCE_DATE_EPOCH")"; do
            printf -- ' -X k8s.io/kubernetes/vendor/%s.%s' "$package" "$field"
        done
    done
}

go_build() { # NAME PACKAGE [FLAG...]: appears under its name only when it is whole
    local program=$cache/bin/$version/$1 package=$2; shift 2
    mkdir -p "$cache/bin/$version"
    go build -trimpath "$@" -o "$program.part" "$package"
    mv "$program.part" "$program"
}

build_command() { cd "$tree"; go_build "$1" "./cmd/$1" -tags providerless -ldflags "$(version_flags)"; }
# Debian has neither crictl nor coredns nor kube-vip; what ours need of others' code is in Kubernetes' vendor folder.
build_standin() {
    cd "$tree"
    rm -rf "cmd/standin-$1"
    cp -r "$recipe/standins/$1" "cmd/standin-$1"
    go vet "./cmd/standin-$1"
    go test "./cmd/standin-$1"
    go_build "$1" "./cmd/standin-$1" -ldflags '-s -w'
}
build_pod_network() { cd "$recipe/pod-network"; go vet .; go test .; go_build hakube-pod-network . -ldflags '-s -w'; }
build_pause() { gcc -Os -Wall -static -s -o "$cache/bin/$version/pause" "$tree/build/pause/linux/pause.c"; }

build_kubernetes() {
    local key name source=$cache/src/.stamp programs=$cache/bin/$version/.stamp
    # What the programs depend on, and nothing else: a changed comment builds nothing.
    key=$(digest <(declare -p version SOURCE_DATE_EPOCH; declare -f version_flags go_build build_command) "$recipe"/*.patch)
    step "source of Kubernetes and reflect2" "$source/fetch" 1 fetch_source
    step "unpack the source" "$source/unpack" "$(cat "$cache"/src/dl/*.dsc "$recipe"/*.patch | sha256sum)" unpack_source
    step "generate openapi" "$source/openapi" "$(cat "$source/unpack")" generate_openapi
    for name in $commands; do step "build $name" "$programs/$name" "$key" build_command "$name"; done
    for name in crictl coredns kube-vip; do
        step "build $name (stand-in)" "$programs/$name" "$key $(digest "$recipe/standins/$name"/*.go)" build_standin "$name"
    done
    step "build pause" "$programs/pause" "$key" build_pause
    step "build hakube-pod-network" "$programs/pod-network" "$key $(digest "$recipe/pod-network"/*.go)" build_pod_network
}
