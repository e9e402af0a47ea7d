#!/bin/sh
set -eu
for host in 10.0.0.2 10.0.0.3; do
    ssh "root@$host" kubeadm join api.example.com:8443 --token "$TOKEN" \
        --discovery-token-ca-cert-hash "$HASH" --control-plane --certificate-key "$KEY"
done
