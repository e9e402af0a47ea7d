useradd rke -G docker
echo '123456'|passwd  rke --stdin  # 初始化 rke 用户密码为 123456
ssh-keygen # 一路回车,生成
for i in `seq 1 3`;do sshpass -p '123456' ssh-copy-id -o StrictHostKeyChecking=no master0"$i";done \
&& sshpass -p '123456' ssh-copy-id -o StrictHostKeyChecking=no node01
