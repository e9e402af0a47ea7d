# shellcheck shell=bash
# images.sh - sourced by build.sh: root folders of the images, made of our programs and unpacked Debian packages, and
# from them the OCI layout.
# shellcheck disable=SC2154,SC2164 # cache, version and recipe are build.sh's, and so is errexit
debian=$cache/debian # the unpacked packages, as one root file system
roots=$cache/roots
libraries="usr/lib/x86_64-linux-gnu lib/x86_64-linux-gnu lib64"

fetch_packages() {
    local names part=$debian.part file
    names=$(sed -n 's/^unpack //p' "$recipe/packages.txt" | xargs)
    rm -rf "$part" "$cache/debs.part"
    mkdir -p "$part" "$cache/debs.part"
    cd "$cache/debs.part"
    apt-get update -qq
    # shellcheck disable=SC2086 # a list of names
    apt-get download -qq -o APT::Sandbox::User=root $names
    for file in *.deb; do dpkg-deb --extract "$file" "$part"; done
    rm -rf "$debian"
    mv "$part" "$debian"
    cd /
    rm -rf "$cache/debs.part"
}

library() { # NAME: where the packages have it
    local folder
    for folder in $libraries; do
        if [ -e "$debian/$folder/$1" ]; then echo "$debian/$folder/$1"; return; fi
    done
    echo "no package of packages.txt has $1" >&2
    return 1
}

# add ROOT FILE FOLDER: a program or library, and every library it needs, at the place where the loader looks; what the
# layer $below has is not copied again
below=""
add() {
    local root=$1 file=$2 folder=$3 needed path name
    name=$folder/$(basename "$file")
    [ ! -e "$root/$name" ] && { [ -z "$below" ] || [ ! -e "$below/$name" ]; } || return 0
    mkdir -p "$root/$folder"
    cp -L "$file" "$root/$folder/"
    while read -r needed; do
        path=$(library "$needed") || { echo "$file needs it" >&2; return 1; }
        add "$root" "$path" usr/lib/x86_64-linux-gnu
    done < <(readelf -d "$file" 2> /dev/null | sed -n 's/.*(NEEDED).*\[\(.*\)\]/\1/p')
}

loader() { # ROOT: what every dynamic program names as its interpreter
    mkdir -p "$1/lib64" "$1/usr/lib"
    cp -L "$debian/lib64/ld-linux-x86-64.so.2" "$1/lib64/"
    ln -sfn usr/lib "$1/lib"
}

fill_roots() {
    local bin=$cache/bin/$version root name file
    rm -rf "$roots"
    for name in kube-apiserver kube-controller-manager kube-scheduler kube-proxy; do add "$roots/$name" "$bin/$name" usr/local/bin; done
    mkdir -p "$roots"/{pause,coredns,pod-network}
    cp "$bin/pause" "$roots/pause/"
    cp "$bin/coredns" "$roots/coredns/"
    cp "$bin/hakube-pod-network" "$roots/pod-network/"

    root=$roots/etcd
    for name in etcd etcdctl; do add "$root" "$debian/usr/bin/$name" usr/local/bin; done
    loader "$root"

    # Below kube-proxy and the pod network: iptables in its nft flavour, the same as kubelet's on the hosts.
    root=$roots/netfilter
    for file in usr/sbin/xtables-nft-multi usr/sbin/conntrack usr/sbin/ipset bin/kmod; do add "$root" "$debian/$file" usr/sbin; done
    for name in iptables ip6tables; do
        for file in $name $name-save $name-restore; do ln -s xtables-nft-multi "$root/usr/sbin/$file"; done
    done
    ln -s kmod "$root/usr/sbin/modprobe"
    for file in "$debian"/usr/lib/x86_64-linux-gnu/xtables/*.so; do add "$root" "$file" usr/lib/x86_64-linux-gnu/xtables; done
    mkdir -p "$root"/{run,etc,tmp}
    loader "$root"

    root=$roots/busybox # not the static one: it cannot look names up
    add "$root" "$debian/bin/busybox" bin
    loader "$root"
    mkdir -p "$root"/{etc,root,tmp,var/www}
    chmod 1777 "$root/tmp"
    echo 'root:x:0:0:root:/root:/bin/sh' > "$root/etc/passwd"
    "$root/lib64/ld-linux-x86-64.so.2" --library-path "$root/usr/lib/x86_64-linux-gnu" "$root/bin/busybox" --list |
        while read -r name; do [ "$name" = busybox ] || ln -s busybox "$root/bin/$name"; done
}

# What the endpoint strategies run on masters.
fill_endpoint_roots() {
    local root name
    root=$roots/libraries # what two of them need, once
    for name in libssl.so.3 libpcre2-8.so.0 libsystemd.so.0 libcrypt.so.1 libm.so.6; do
        add "$root" "$(library $name)" usr/lib/x86_64-linux-gnu
    done
    mkdir -p "$root"/{run,etc,tmp}
    echo 'root:x:0:0:root:/root:/sbin/nologin' > "$root/etc/passwd"
    loader "$root"

    below=$root
    add "$roots/keepalived" "$debian/usr/sbin/keepalived" usr/sbin
    mkdir -p "$roots/keepalived/etc/keepalived"

    root=$roots/haproxy
    add "$root" "$debian/usr/sbin/haproxy" usr/sbin
    mkdir -p "$root"/etc/haproxy
    # The numbers of Docker's own haproxy image.
    printf '%s\n' 'root:x:0:0:root:/root:/sbin/nologin' 'haproxy:x:99:99:haproxy:/:/sbin/nologin' > "$root/etc/passwd"
    printf '%s\n' 'root:x:0:' 'haproxy:x:99:' > "$root/etc/group"

    root=$roots/kube-vip
    mkdir -p "$root"
    cp "$cache/bin/$version/kube-vip" "$root/"
    ln -s kube-vip "$root/kube-vip-cloud-provider"
    add "$root" "$debian/usr/bin/arping" usr/bin
    below=""
}

# says ROOTS PROGRAM WORD FLAG...: whether a program of an image answers with the word
says() {
    local folders=$1 program=$2 word=$3 place search="" root; shift 3
    for root in $folders; do
        search+=${search:+:}$root/usr/lib/x86_64-linux-gnu
        [ ! -e "$root/$program" ] || place=$root/$program
    done
    [[ $("$debian/lib64/ld-linux-x86-64.so.2" --library-path "$search" "$place" "$@" 2>&1) == *"$word"* ]] ||
        { echo "$program does not say that it is $word; mend its tag in images.sh and its version in sources.yaml" >&2; return 1; }
}

# What "kubeadm config images list" of this version names, then ours.
image_list() {
    local k8s=k8s.gcr.io
    cat << JSON
[{"name": "$k8s/kube-apiserver:$version", "layers": ["$roots/kube-apiserver"], "entrypoint": ["kube-apiserver"]},
 {"name": "$k8s/kube-controller-manager:$version", "layers": ["$roots/kube-controller-manager"], "entrypoint": ["kube-controller-manager"]},
 {"name": "$k8s/kube-scheduler:$version", "layers": ["$roots/kube-scheduler"], "entrypoint": ["kube-scheduler"]},
 {"name": "$k8s/kube-proxy:$version", "layers": ["$roots/netfilter", "$roots/kube-proxy"], "entrypoint": ["kube-proxy"]},
 {"name": "$k8s/etcd:3.4.13-0", "layers": ["$roots/etcd"], "entrypoint": ["etcd"]},
 {"name": "$k8s/pause:3.2", "layers": ["$roots/pause"], "entrypoint": ["/pause"]},
 {"name": "$k8s/coredns:1.7.0", "layers": ["$roots/coredns"], "entrypoint": ["/coredns"]},
 {"name": "docker.io/library/busybox:1.35", "layers": ["$roots/busybox"], "cmd": ["sh"]},
 {"name": "hakube.local/pod-network:v0.1.0", "layers": ["$roots/netfilter", "$roots/pod-network"], "entrypoint": ["/hakube-pod-network"]},
 {"name": "hakube.local/keepalived:2.2.7", "layers": ["$roots/libraries", "$roots/keepalived"], "entrypoint": ["keepalived", "--dont-fork", "--log-console"]},
 {"name": "hakube.local/haproxy:2.6.12", "layers": ["$roots/libraries", "$roots/haproxy"], "user": "99:99",
  "entrypoint": ["haproxy", "-W", "-db"], "cmd": ["-f", "/etc/haproxy/haproxy.cfg"]},
 {"name": "ghcr.io/kube-vip/kube-vip:v1.2.3-standin", "layers": ["$roots/libraries", "$roots/kube-vip"], "entrypoint": ["/kube-vip"]},
 {"name": "ghcr.io/kube-vip/kube-vip-cloud-provider:v0.0.12-standin", "layers": ["$roots/libraries", "$roots/kube-vip"], "entrypoint": ["/kube-vip-cloud-provider"]}]
JSON
}

check_image_list() { # the tags above are this kubeadm's, and those of the programs
    local wanted
    says "$roots/libraries $roots/keepalived" usr/sbin/keepalived "Keepalived v2.2.7 " --version
    says "$roots/libraries $roots/haproxy" usr/sbin/haproxy "HAProxy version 2.6.12-" -v
    for wanted in $("$cache/bin/$version/kubeadm" config images list --kubernetes-version "$version" 2> /dev/null); do
        grep -qF "\"$wanted\"" "$cache/images.json" || { echo "kubeadm wants $wanted, which images.sh does not make" >&2; return 1; }
    done
}

build_images() {
    fill_roots
    fill_endpoint_roots
    image_list > "$cache/images.json"
    check_image_list
    python3 "$recipe/oci.py" "$cache/images.json" "$1"
}
