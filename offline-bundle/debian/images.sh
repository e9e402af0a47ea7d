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

# add ROOT FILE FOLDER: a program or library, and every library it needs, at the place where the loader looks
add() {
    local root=$1 file=$2 folder=$3 needed path
    [ ! -e "$root/$folder/$(basename "$file")" ] || return 0
    mkdir -p "$root/$folder"
    cp -L "$file" "$root/$folder/"
    while read -r needed; do
        path=""
        for folder in $libraries; do [ -n "$path" ] || [ ! -e "$debian/$folder/$needed" ] || path=$debian/$folder/$needed; done
        [ -n "$path" ] || { echo "$file needs $needed, which no package of packages.txt has" >&2; return 1; }
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
 {"name": "hakube.local/pod-network:v0.1.0", "layers": ["$roots/netfilter", "$roots/pod-network"], "entrypoint": ["/hakube-pod-network"]}]
JSON
}

check_image_list() { # the tags above are this kubeadm's
    local wanted
    for wanted in $("$cache/bin/$version/kubeadm" config images list --kubernetes-version "$version" 2> /dev/null); do
        grep -qF "\"$wanted\"" "$cache/images.json" || { echo "kubeadm wants $wanted, which images.sh does not make" >&2; return 1; }
    done
}

build_images() {
    fill_roots
    image_list > "$cache/images.json"
    check_image_list
    python3 "$recipe/oci.py" "$cache/images.json" "$1"
}
