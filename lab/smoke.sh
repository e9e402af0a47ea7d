# smoke.sh - run on a master: a pod on every host asks every other pod and a service for their names.
set -eu
kubectl apply -f - > /dev/null << 'YAML'
apiVersion: apps/v1
kind: DaemonSet
metadata: {name: smoke}
spec:
  selector: {matchLabels: {app: smoke}}
  template:
    metadata: {labels: {app: smoke}}
    spec:
      tolerations: [{operator: Exists}]
      terminationGracePeriodSeconds: 0
      containers:
        - name: web
          image: docker.io/library/busybox:1.35
          imagePullPolicy: Never
          command: [sh, -c, "mkdir -p /www; hostname > /www/index.html; exec httpd -f -h /www -p 80"]
          readinessProbe: {httpGet: {path: /, port: 80}, periodSeconds: 1}
---
apiVersion: v1
kind: Service
metadata: {name: smoke}
spec: {selector: {app: smoke}, ports: [{port: 80}]}
YAML
trap 'kubectl delete daemonset/smoke service/smoke --wait=false > /dev/null' EXIT
kubectl rollout status daemonset/smoke --timeout=180s > /dev/null
service=$(kubectl get service smoke -o jsonpath='{.spec.clusterIP}')
pods=$(kubectl get pods -l app=smoke -o jsonpath='{range .items[*]}{.metadata.name}={.status.podIP}{"\n"}{end}')
for from in $pods; do
    for to in $pods; do
        kubectl exec "${from%%=*}" -- timeout 5 wget -q -O - "http://${to##*=}:80/" | grep -qx "${to%%=*}" ||
            { echo "${from%%=*} does not reach ${to%%=*}" >&2; exit 1; }
    done
    kubectl exec "${from%%=*}" -- timeout 5 wget -q -O - "http://$service:80/" > /dev/null ||
        { echo "${from%%=*} does not reach the service" >&2; exit 1; }
done
echo "$(printf '%s\n' "$pods" | wc -l) pods reach each other and the service"
