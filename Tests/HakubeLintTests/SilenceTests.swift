// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import Foundation
import HakubeLint
import Testing

/// Things that look like a fault and are none.
@Suite struct SilenceTests {
    @Test func `a certificate needs only the endpoint and other names, kubeadm adds each master's own`() {
        let files = [
            "a.yaml": RuleCase.first, "b.yaml": RuleCase.joining("master2", "10.0.0.2"),
            "c.yaml": RuleCase.cluster + "apiServer:\n  certSANs: [api.example.com, 127.0.0.1]\n",
        ]
        #expect(LintFixture.lint(files) == [])
    }

    @Test func `the address of workers alone may lie in the service range`() {
        let guardian = #"{"virtual": "10.103.97.2:6443", "real": ["10.0.0.1:6443"]}"#
        let cluster = RuleCase.cluster + "apiServer:\n  certSANs: [10.103.97.2]\n"
        let files = [
            "c.yaml": cluster, "guardian.json": guardian,
            "10.0.0.4/etc/hosts": "10.0.0.4 node4\n10.103.97.2 apiserver.cluster.local\n",
        ]
        #expect(LintFixture.lint(files) == [])
    }

    @Test func `a balancer for something else in the cluster is looked at by nobody`() {
        let config = """
            defaults
                mode http
                timeout client 50s
                timeout server 50s
            frontend k8s-ingress
                bind *:80
                default_backend kubernetes-ingress
            backend kubernetes-ingress
                server one 10.0.0.1:30080
                server two 10.0.0.1:30080

            """
        #expect(LintFixture.lint(["haproxy.cfg": config, "c.yaml": RuleCase.cluster]) == [])
    }

    @Test func `a second address of keepalived's, for the ingress, need not be in the certificate`() {
        let ingress = RuleCase.floating.replacing("vrrp_instance endpoint", with: "vrrp_instance ingress")
            .replacing("router_id 51", with: "router_id 52").replacing("10.0.0.100", with: "10.0.0.101")
        let endpoint = "10.0.0.100:6443"
        let cluster = RuleCase.cluster.replacing("apiserver.cluster.local:6443", with: endpoint)
        let instances = ingress.drop { $0 != "}" }.dropFirst()
        #expect(LintFixture.lint(["c.yaml": cluster, "keepalived.conf": RuleCase.floating + instances]) == [])
    }

    @Test func `names of Services in hosts files make no hosts of their addresses`() {
        let service = """
            apiVersion: v1
            kind: Service
            metadata: {name: ingress}
            spec:
              type: LoadBalancer
              loadBalancerIP: 10.0.0.240
              ports: [{port: 443}]

            """
        let pool =
            "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: kubevip}\ndata: {range-global: 10.0.0.240-10.0.0.250}\n"
        let hosts = "10.0.0.1 master1\n10.0.0.240 grafana.example.com harbor.example.com\n"
        #expect(LintFixture.lint(["a.yaml": service, "b.yaml": pool, "c.yaml": RuleCase.first, "hosts": hosts]) == [])
    }

    @Test func `a mark of the byte order belongs to no line`() {
        let files = [
            "a.yaml": RuleCase.first, "c.yaml": RuleCase.cluster, "etc/hosts": "10.0.0.1 master1\n",
            "haproxy.cfg": RuleCase.haproxy.replacing("*:9443", with: "*:6443"),
        ].mapValues { "\u{FEFF}" + $0 }
        #expect(LintFixture.lint(files) == [])
        #expect(LintFixture.lint(["b.yaml": "\u{FEFF}kind: A\r\napiVersion: [\r\n"]) == ["b.yaml:3 error yaml-broken"])
    }

    @Test func `no password, and one that comes from a file, is none in clear`() {
        let registries = ["password: \"\"", "password:", "password: null", "user: bob"].map {
            "  - url: https://registry.example.com:5000/a@b\n    \($0)\n"
        }
        let script = "sshpass -f ~/password ssh -p 22 master2\nsshpass -e ssh -p 22 master2\n"
        #expect(
            LintFixture.lint([
                "a.sh": script, "cluster.yml": RuleCase.rke + "private_registries:\n" + registries.joined(),
            ])
                == [])
    }

    @Test func `a limit of 0 is none, and a part of a file of another kind is known`() {
        let endless = RuleCase.haproxy.replacing("client 4h", with: "client 0").replacing(
            "server 4h", with: "server 0s")
        let tunnel = RuleCase.haproxy.replacing("client 4h", with: "client 50s\n    timeout tunnel 0")
        #expect(LintFixture.lint(["a.cfg": endless, "b.cfg": tunnel]) == [])
        #expect(LintFixture.lint(["a.conf": "virtual_server 10.0.0.100 6443 {\n    lb_algo rr\n}\n"]) == [])
        #expect(LintFixture.lint(["a.cfg": "backend web\n    server one 10.0.0.1:80\n"]) == [])
    }

    @Test func `haproxy's second choice of the same servers is no fault`() {
        let second =
            RuleCase.haproxy.split(separator: "\n\n").last?.replacing("backend masters", with: "backend closed") ?? ""
        let config = RuleCase.haproxy.replacing(
            "    default_backend", with: "    use_backend closed if { nbsrv(masters) eq 0 }\n    default_backend")
        #expect(config.contains("use_backend") && second.contains("server master3"))
        let peers = RuleCase.floating.replacing(
            "check-master", with: "check-master --port 9443 --peer 10.0.0.2:6443 --peer 10.0.0.3:6443")
        #expect(LintFixture.lint(["haproxy.cfg": "\(config)\n\(second)", "keepalived.conf": peers]) == [])
    }

    @Test func `what keepalived includes and is not at hand may hold the script`() {
        let include = "include /etc/keepalived/conf.d/*.conf\n"
        let unknown = RuleCase.floating.replacing("        master\n", with: "        api\n")
        #expect(LintFixture.lint(["keepalived.conf": include + unknown]) == [])
        let unnamed = LintFixture.lint(["keepalived.conf": unknown])
        #expect(unnamed.count == 2, "\(unnamed)")
    }

    @Test func `priorities for some hosts only are not compared`() {
        let text = RuleCase.floating.replacing(
            "    priority 100\n", with: "    @lb1 priority 120\n    @lb2 priority 100\n")
        #expect(LintFixture.lint(["1/keepalived.conf": text, "2/keepalived.conf": text]) == [])
    }

    @Test func `one number on two networks, on every host alike, is no fault`() {
        let other = RuleCase.floating.replacing("vrrp_instance endpoint", with: "vrrp_instance inner")
            .replacing("eth0", with: "eth1").replacing("10.0.0.100", with: "10.1.0.100").drop { $0 != "}" }.dropFirst()
        let text = RuleCase.floating + other
        let files = [
            "1/keepalived.conf": text, "2/keepalived.conf": text.replacing("priority 100", with: "priority 90"),
        ]
        #expect(LintFixture.lint(files) == [])
    }

    @Test func `priorities that are yet to be filled in are not compared`() {
        let text = RuleCase.floating.replacing("priority 100", with: "priority $PRIORITY")
        #expect(LintFixture.lint(["1/keepalived.conf": text, "2/keepalived.conf": text]) == [])
    }

    @Test func `a check without a weight gives the address up, whatever the priorities are`() {
        let text = RuleCase.floating.replacing("    weight -50\n", with: "").replacing(
            "state BACKUP", with: "state BACKUP\n    nopreempt")
        let other = text.replacing("priority 100", with: "priority 90")
        #expect(LintFixture.lint(["1/keepalived.conf": text, "2/keepalived.conf": other]) == [])
    }

    @Test func `other configurations of the kubelet's group are not kubeadm's`() {
        let text = """
            apiVersion: kubelet.config.k8s.io/v1
            kind: CredentialProviderConfig
            providers: []

            """
        #expect(LintFixture.lint(["a.yaml": text]) == [])
    }

    @Test func `copies of what masters may share, and copies to the same host, are no shared identity`() {
        let script = """
            scp /etc/kubernetes/pki/ca.crt /etc/kubernetes/pki/ca.key root@10.0.0.2:/etc/kubernetes/pki/
            scp root@10.0.0.1:/etc/kubernetes/admin.conf ~/.kube/config
            rsync -a root@10.0.0.1:/etc/kubernetes/ /backup/
            tar -czf backup.tar.gz /etc/kubernetes
            cp -r /etc/kubernetes /backup
            scp -r /etc/kubernetes backup@nas:/backups/

            """
        #expect(LintFixture.lint(["a.sh": script]) == [])
    }

    @Test func `flags that kubeadm takes beside --config, and flags without it, are fine`() {
        let script = """
            kubeadm init --config a.yaml --upload-certs --v=5 --ignore-preflight-errors=NumCPU
            kubeadm init --pod-network-cidr 10.244.0.0/16 --upload-certs
            kubeadm init phase upload-certs --upload-certs --config a.yaml --certificate-key x

            """
        #expect(LintFixture.lint(["a.sh": script]) == [])
    }

    @Test func `an older release's own ways are not held against it`() {
        let cluster = RuleCase.cluster.replacing("v1beta4", with: "v1beta1").replacing("v1.34.2", with: "v1.14.0")
        let script = "kubeadm join apiserver.cluster.local:6443 --experimental-control-plane\n"
        let taint = "kubectl taint nodes --all node-role.kubernetes.io/master-\n"
        #expect(LintFixture.lint(["a.yaml": cluster, "b.sh": script + taint]) == [])
    }

    @Test func `Services may share an address on different ports, and a Service is no rival of itself`() {
        func service(_ name: String, _ port: Int) -> String {
            """
            apiVersion: v1
            kind: Service
            metadata: {name: \(name)}
            spec:
              type: LoadBalancer
              loadBalancerIP: 10.0.0.150
              ports: [{port: \(port)}]

            """
        }
        #expect(LintFixture.lint(["a.yaml": service("a", 80), "b.yaml": service("b", 81)]) == [])
        #expect(LintFixture.lint(["a.yaml": service("a", 80), "b.yaml": service("a", 80)]) == [])
    }

    @Test func `rotated certificates in a kubelet's folder are one host's`() throws {
        let pem = try String(contentsOf: LintFixture.folder.appending(path: "kubelet-master1.pem"), encoding: .utf8)
        let names = ["kubelet-client-current.pem", "kubelet-client-2026-11-21-10-00-00.pem"]
        let same = names.map { LintFile(name: "m1/pki/\($0)", text: pem) }
        #expect(LintFixture.lint(same) == [])
        let copied = ["m1", "m2"].map { LintFile(name: "\($0)/pki/\(names[0])", text: pem) }
        #expect(LintFixture.lint(copied) == ["m2/pki/kubelet-client-current.pem:1 error shared-identity"])
    }

    @Test func `a certificate inside a kubeconfig says who the kubelet is`() throws {
        let pem = try String(contentsOf: LintFixture.folder.appending(path: "kubelet-master1.pem"), encoding: .utf8)
        func kubeconfig(_ name: String) -> String {
            """
            apiVersion: v1
            kind: Config
            users:
              - name: \(name)
                user:
                  client-certificate-data: \(Data(pem.utf8).base64EncodedString())

            """
        }
        let files = ["a.conf": kubeconfig("default-auth"), "b.conf": kubeconfig("kubelet")]
        #expect(LintFixture.lint(files) == ["b.conf:6 error shared-identity"])
    }

    @Test func `the admin's kubeconfig is the same on every master`() {
        let text = "apiVersion: v1\nkind: Config\nusers: [{name: kubernetes-admin, user: {}}]\n"
        #expect(LintFixture.lint(["1/admin.conf": text, "2/admin.conf": text]) == [])
    }
}
