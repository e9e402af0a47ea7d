// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import Testing

@testable import HakubeEngine

/// The hash by which kubeadm pins a CA. The expected values are openssl's.
@Suite struct CertificateAuthorityTests {
    static let elliptic = """
        -----BEGIN CERTIFICATE-----
        MIIBfzCCASWgAwIBAgIUTSpG3K8HlNI4RM4IuQVZLc3qmycwCgYIKoZIzj0EAwIw
        FTETMBEGA1UEAwwKa3ViZXJuZXRlczAeFw0yNjExMjExMDQ5NDBaFw0zNjExMTgx
        MDQ5NDBaMBUxEzARBgNVBAMMCmt1YmVybmV0ZXMwWTATBgcqhkjOPQIBBggqhkjO
        PQMBBwNCAASiAI8j/ID2FJjy2l5eHaOJVWkyD9W2yO9Dfe+6IXkRP0y2yi0VcWfN
        1ZbW+FLvzEAqjF5V9/vCVWg6qLcLf79so1MwUTAdBgNVHQ4EFgQUxZQGAbqSQNbo
        PE2X6YDyTGUC75kwHwYDVR0jBBgwFoAUxZQGAbqSQNboPE2X6YDyTGUC75kwDwYD
        VR0TAQH/BAUwAwEB/zAKBggqhkjOPQQDAgNIADBFAiEA8R5+S3H9dv3mSgg8oLsS
        +UVq6xS4p5rOKPhETekOtNICIFVSZZVSHKRykrEYIWhCB/cZTb+qvsY3CLcfK8Zj
        tca/
        -----END CERTIFICATE-----
        """

    static let rsa = """
        -----BEGIN CERTIFICATE-----
        MIIDDTCCAfWgAwIBAgIUIe02NJ24l0xDEMELImsB0yigQ30wDQYJKoZIhvcNAQEL
        BQAwFTETMBEGA1UEAwwKa3ViZXJuZXRlczAgFw0yNjExMjExMDQ5NDBaGA8yMTI2
        MTAyODEwNDk0MFowFTETMBEGA1UEAwwKa3ViZXJuZXRlczCCASIwDQYJKoZIhvcN
        AQEBBQADggEPADCCAQoCggEBAJLGreWnptzoi2R//fppF9wDvxRwtUcGUlqzz9R9
        U/r/qfAWNJTCCpmQr81OFyXSkI3BZvbSSjETRp2/xXGFKAlHCwhpN7/+Z+QhLFJ/
        p6m0SSJNxIiGXZp+uvOLLsSXYqQ7regyDLGGTOX5avc6cY/2QXqBDtmBiEyE6Ir3
        ZlJ3eemaLtVbcUTMm3jYffY0T9Cb2yqySrRUCQx2cxbUqdMeTMbyzYCg3egVYOlm
        2AQpKBq4bBuTgMvJkpVMJY+4I14NIO91wIYMIyNdVno3fOBrpOj0KgrY67kI8TOv
        W2qY3VLK7YtBcdz1dJgpWG/GzXIkn5mrUOXBiDVPHvruyWECAwEAAaNTMFEwHQYD
        VR0OBBYEFEr/SVVt6XwRY2i8PbAAHnYEQ/6ZMB8GA1UdIwQYMBaAFEr/SVVt6XwR
        Y2i8PbAAHnYEQ/6ZMA8GA1UdEwEB/wQFMAMBAf8wDQYJKoZIhvcNAQELBQADggEB
        ACAhVkNODpKVHW5mwFCs35PGfxBEpcvf/bFypbZjrv+h+n9sOKfvPmjgEQREaYIQ
        9WdOf5YwXjYjRX5//tO2SyYAHCDnBG1vX6ZM+XcwUy9pMxKY2V1zUoQFRykKi9X+
        3WZ0SxZMlL3u6W73T9+z3ZsRy/baOlktEBh/3A0c89r1V4nEWCRkHGDM4yZGPKi+
        AMkJes+aQrGjYLzOUNLoGhFJUEB5Kd0+Ft8kDvsejsY/nB9+M6vKRyqioc06uxoY
        RcIC1mxBt6hvildXfUqHJORjwKx/OKQU/EqswcyJC8u6bKr5mrAXRuLJlvGJyVod
        jE14QLR6JoAWwO3WzUm+JN4=
        -----END CERTIFICATE-----
        """

    @Test(arguments: [
        (elliptic, "56db9ba780429e6e2ab421d8e91c01a7f285ad3941a746a9b9e250bd31b98c4b"),
        (rsa, "2ff27d0c56ebf614fd09f8a861eb5d0614fd239de605b8e68730c5a2a46b60ef"),
    ])
    func `the hash is that of the certificate's public key`(pem: String, hash: String) throws {
        #expect(try CertificateAuthority.publicKeyHash(pem: pem) == hash)
    }

    @Test func `what is no certificate is an error`() {
        #expect(throws: (any Error).self) { try CertificateAuthority.publicKeyHash(pem: "nothing") }
    }
}
