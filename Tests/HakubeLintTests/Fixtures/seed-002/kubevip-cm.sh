cat << EOF |tr -s "n" | tee kubevip-cm.yaml | kubectl apply -f -
apiVersion: v1
kind: ConfigMap
metadata:
  name: kubevip
  namespace: kube-system
data:
  range-global: 192.168.66.210-192.168.66.219
EOF
