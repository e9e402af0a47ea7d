// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

/// Certificates made with openssl for tests; their keys are gone.
package enum SampleCertificate {
    /// Of an API server of 10.0.0.1 to 10.0.0.3 behind 10.103.97.2, also fd00::1 and api.example.com; until 2036-11-18T16:15:14Z.
    package static let apiServer = """
        -----BEGIN CERTIFICATE-----
        MIIB+TCCAZ+gAwIBAgIUDSWD/Jo+hFnvdxrR/N25RGLVBPQwCgYIKoZIzj0EAwIw
        GTEXMBUGA1UEAwwOa3ViZS1hcGlzZXJ2ZXIwHhcNMjYxMTIxMTYxNTE0WhcNMzYx
        MTE4MTYxNTE0WjAZMRcwFQYDVQQDDA5rdWJlLWFwaXNlcnZlcjBZMBMGByqGSM49
        AgEGCCqGSM49AwEHA0IABDsyar6zv4iQq9MHrh4/QQ1uZfJ3yVsbBKnzWQ14h3XW
        QPmCI12pIzNR/VI8i1zdmQV6gYbbxi7hnSP6l1FgQ6ujgcQwgcEwHQYDVR0OBBYE
        FD8UDTYiAHQ+2N3JK0sJt0HMxoDYMB8GA1UdIwQYMBaAFD8UDTYiAHQ+2N3JK0sJ
        t0HMxoDYMA8GA1UdEwEB/wQFMAMBAf8wbgYDVR0RBGcwZYIJbG9jYWxob3N0ghdh
        cGlzZXJ2ZXIuY2x1c3Rlci5sb2NhbIIPYXBpLmV4YW1wbGUuY29thwR/AAABhwQK
        AAABhwQKAAAChwQKAAADhwQKZ2EChxD9AAAAAAAAAAAAAAAAAAABMAoGCCqGSM49
        BAMCA0gAMEUCIQDDto9xybyhjTvcpohiKYcDcVEGn1Ys/wjguqZf5Nye8wIgXf1g
        EiTBTwqXGEgzvO7SSp1x0ByEedw5d8KmKDkTlvE=
        -----END CERTIFICATE-----
        """

    /// Without alternative names; until 2051-07-13T16:13:31Z, which takes a GeneralizedTime.
    package static let authority = """
        -----BEGIN CERTIFICATE-----
        MIIBcDCCARegAwIBAgIUOCrflSpZZuLsfX1q5coDoxzgJPAwCgYIKoZIzj0EAwIw
        DTELMAkGA1UEAwwCY2EwIBcNMjYxMTIxMTYxMzMxWhgPMjA1MTA3MTMxNjEzMzFa
        MA0xCzAJBgNVBAMMAmNhMFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAES6VbnKz1
        y6mKkaPMET2ryEyLC1p71OqkydnCqGJqXDesGiaEMaAf2ZQWlMuNd3KPZTa57pz6
        uWZk8a4uVvowOaNTMFEwHQYDVR0OBBYEFFC3mVJMcTwh8KbDhcke1F6Wi6ALMB8G
        A1UdIwQYMBaAFFC3mVJMcTwh8KbDhcke1F6Wi6ALMA8GA1UdEwEB/wQFMAMBAf8w
        CgYIKoZIzj0EAwIDRwAwRAIgNNjMdmsz4ZnMgzPgXFhQn/wM6uOOSTvpyzR6NHpE
        x/ACIGl7+7auXskAoKz9zPcjpOeyKopupWvLNMJHfbvNjtXu
        -----END CERTIFICATE-----
        """
}
