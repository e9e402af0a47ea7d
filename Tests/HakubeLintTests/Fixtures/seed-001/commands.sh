# on master1 10.10.102.91
scp -r /etc/kubernetes/* root@10.10.102.92:/etc/kubernetes/
scp -r /etc/kubernetes/* root@10.10.102.93:/etc/kubernetes/
