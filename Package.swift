// swift-tools-version: 6.2
// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import PackageDescription

let strict: [SwiftSetting] = [
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("NonisolatedNonsendingByDefault"),
    .treatAllWarnings(as: .error),
]

let package = Package(
    name: "hakube",
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.0"),
        .package(url: "https://github.com/apple/swift-asn1", from: "1.7.0"),
        .package(url: "https://github.com/apple/swift-certificates", from: "1.21.0"),
        .package(url: "https://github.com/apple/swift-crypto", from: "4.5.0"),
        .package(url: "https://github.com/apple/swift-log", from: "1.16.0"),
        .package(url: "https://github.com/hummingbird-project/swift-mustache", from: "2.1.0"),
        .package(url: "https://github.com/jpsim/Yams", from: "6.2.0"),
    ],
    targets: [
        // C libraries, from Debian's -dev packages.
        .systemLibrary(name: "CLibSSH2", pkgConfig: "libssh2", providers: [.apt(["libssh2-1-dev"])]),
        .systemLibrary(name: "CLibArchive", pkgConfig: "libarchive", providers: [.apt(["libarchive-dev"])]),
        .systemLibrary(name: "COpenSSL", pkgConfig: "openssl", providers: [.apt(["libssl-dev"])]),
        .systemLibrary(name: "CCurl", pkgConfig: "libcurl", providers: [.apt(["libcurl4-openssl-dev"])]),
        .systemLibrary(name: "CZlib", pkgConfig: "zlib", providers: [.apt(["zlib1g-dev"])]),
        .systemLibrary(name: "CNetlink"),
        // What the courier calls: POSIX, zstd, libsodium, libcrypto.
        .systemLibrary(name: "CCourier", providers: [.apt(["libsodium-dev", "libzstd-dev", "libssl-dev"])]),
        .systemLibrary(name: "CEvents"),

        // Every text that lands on a host.
        .target(
            name: "HakubeTemplates", path: "templates",
            resources: [
                .embedInCode("kubeadm"), .embedInCode("node"), .embedInCode("endpoint"), .embedInCode("receipt"),
            ],
            swiftSettings: strict),

        // Values only: what the user wrote, what it means, what a bundle holds.
        .target(name: "HakubeModel", dependencies: ["Yams"], swiftSettings: strict),
        // Pure: specification, facts and bundle in, plan out.
        .target(
            name: "HakubePlan",
            dependencies: [
                "HakubeModel", "HakubeTemplates", "Yams", .product(name: "Mustache", package: "swift-mustache"),
            ],
            swiftSettings: strict),
        // One connected host, whoever carries the bytes.
        .target(name: "HakubeTransport", dependencies: ["HakubeModel"], swiftSettings: strict),
        // What SSH means to hakube, whichever client speaks it.
        .target(
            name: "HakubeRemote",
            dependencies: [
                "HakubeTransport", "HakubeModel", "CEvents", .product(name: "Crypto", package: "swift-crypto"),
            ],
            swiftSettings: strict),
        // SSH by libssh2.
        .target(
            name: "HakubeSSH", dependencies: ["HakubeRemote", "HakubeTransport", "HakubeModel", "CLibSSH2"],
            swiftSettings: strict),
        // SSH by the system's own client.
        .target(
            name: "HakubeOpenSSH", dependencies: ["HakubeRemote", "HakubeProcess", "HakubeTransport", "HakubeModel"],
            swiftSettings: strict),
        // Programs of this machine.
        .target(name: "HakubeProcess", swiftSettings: strict),
        .target(
            name: "HakubeBundle",
            dependencies: [
                "HakubeModel", "HakubeTransport", "HakubeProcess", "CLibArchive", "Yams",
                .product(name: "Crypto", package: "swift-crypto"),
            ],
            swiftSettings: strict),
        // Files and images from the net, for bundles.
        .target(
            name: "HakubeFetch",
            dependencies: ["HakubeModel", "CCurl", .product(name: "Crypto", package: "swift-crypto")],
            swiftSettings: strict),
        // What `hakube bundle build` takes unless told otherwise.
        .target(
            name: "HakubeSources", path: "offline-bundle/upstream", resources: [.embedInCode("sources.yaml")],
            swiftSettings: strict),
        // Makes a bundle's folder from its sources.
        .target(
            name: "HakubeBuild",
            dependencies: [
                "HakubeModel", "HakubeBundle", "HakubeFetch", "HakubeProcess", "HakubeSources", "CLibArchive", "Yams",
                .product(name: "Crypto", package: "swift-crypto"),
            ],
            swiftSettings: strict),
        // Makes a bundle folder of other tools' packages and saved images.
        .target(
            name: "HakubeImport",
            dependencies: [
                "HakubeModel", "HakubeBundle", "CLibArchive", .product(name: "Crypto", package: "swift-crypto"),
            ],
            swiftSettings: strict),
        // Pure: the hand-made files of a cluster in, their faults out.
        .target(
            name: "HakubeLint",
            dependencies: [
                "HakubeModel", "Yams", .product(name: "SwiftASN1", package: "swift-asn1"),
                .product(name: "X509", package: "swift-certificates"),
            ],
            swiftSettings: strict),
        // Makes an inventory of other tools' files.
        .target(name: "HakubeMigration", dependencies: ["HakubeModel", "Yams"], swiftSettings: strict),
        // Carries a plan out and says what happens.
        .target(
            name: "HakubeEngine",
            dependencies: [
                "HakubeModel", "HakubePlan", "HakubeTransport", "CZlib",
                .product(name: "Crypto", package: "swift-crypto"),
                .product(name: "SwiftASN1", package: "swift-asn1"),
                .product(name: "X509", package: "swift-certificates"),
            ],
            swiftSettings: strict),
        // Asks an etcd that somebody else runs, from the hosts' own place.
        .target(
            name: "HakubeEtcd", dependencies: ["HakubeModel", "HakubePlan", "HakubeTransport", "COpenSSL"],
            swiftSettings: strict),
        .target(
            name: "HakubeCLI",
            dependencies: [
                "HakubeModel", "HakubePlan", "HakubeTransport", "HakubeRemote", "HakubeSSH", "HakubeOpenSSH",
                "HakubeBundle", "HakubeFetch", "HakubeBuild", "HakubeImport", "HakubeMigration", "HakubeSources",
                "HakubeEngine", "HakubeGuardian", "HakubeLint", "HakubeEtcd", "Yams",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
                .product(name: "Logging", package: "swift-log"),
            ],
            swiftSettings: strict),
        .executableTarget(name: "hakube", dependencies: ["HakubeCLI"], swiftSettings: strict),

        // The balancer on every worker: no Foundation, no package.
        .target(name: "HakubeGuardian", dependencies: ["CNetlink", "COpenSSL"], swiftSettings: strict),
        .executableTarget(
            name: "hakube-guardian", dependencies: ["HakubeGuardian"], swiftSettings: strict,
            linkerSettings: [.unsafeFlags(["-static-executable", "-Xlinker", "-s"])]),

        // The small program that goes to every host first. scripts/courier.sh makes it of these very sources in Embedded Swift;
        // here they are a library for tests.
        .target(
            name: "HakubeCourier", dependencies: ["CCourier"], exclude: ["EmbeddedMain.swift"], swiftSettings: strict),

        .target(
            name: "HakubeTestSupport",
            dependencies: [
                "HakubeModel", "HakubePlan", "HakubeTransport", "HakubeEngine",
                .product(name: "Crypto", package: "swift-crypto"),
            ],
            path: "Tests/Support", swiftSettings: strict),
        .testTarget(name: "HakubeModelTests", dependencies: ["HakubeModel"], swiftSettings: strict),
        .testTarget(
            name: "HakubePlanTests",
            dependencies: [
                "HakubePlan", "HakubeModel", "HakubeTemplates", "HakubeTestSupport", "HakubeTransport", "Yams",
            ],
            exclude: ["Golden"], swiftSettings: strict),
        .testTarget(
            name: "HakubeEngineTests",
            dependencies: ["HakubeEngine", "HakubeModel", "HakubePlan", "HakubeTransport", "HakubeTestSupport"],
            swiftSettings: strict),
        .testTarget(
            name: "HakubeEtcdTests",
            dependencies: ["HakubeEtcd", "HakubeModel", "HakubePlan", "HakubeTransport", "HakubeTestSupport"],
            swiftSettings: strict),
        .testTarget(
            name: "HakubeSSHTests",
            dependencies: [
                "HakubeRemote", "HakubeSSH", "HakubeOpenSSH", "HakubeModel", "HakubeTransport", "HakubeTestSupport",
            ],
            swiftSettings: strict),
        .testTarget(
            name: "HakubeBundleTests",
            dependencies: ["HakubeBundle", "HakubeModel", "HakubeTransport", "HakubeTestSupport"],
            swiftSettings: strict),
        .testTarget(
            name: "HakubeBuildTests",
            dependencies: [
                "HakubeBuild", "HakubeBundle", "HakubeFetch", "HakubeModel", "HakubeSources", "HakubeTestSupport",
                .product(name: "Crypto", package: "swift-crypto"),
            ],
            swiftSettings: strict),
        .testTarget(
            name: "HakubeFetchTests", dependencies: ["HakubeFetch", "HakubeModel", "HakubeTestSupport"],
            swiftSettings: strict),
        .testTarget(
            name: "HakubeImportTests",
            dependencies: ["HakubeImport", "HakubeBundle", "HakubeModel", "HakubeTestSupport"],
            swiftSettings: strict),
        .testTarget(
            name: "HakubeLintTests",
            dependencies: ["HakubeLint", "HakubeModel", "HakubePlan", "HakubeTestSupport"],
            exclude: ["Fixtures"], swiftSettings: strict),
        .testTarget(
            name: "HakubeMigrationTests",
            dependencies: ["HakubeMigration", "HakubeModel", "HakubePlan", "HakubeTestSupport", "Yams"],
            exclude: ["Fixtures", "Golden"], swiftSettings: strict),
        .testTarget(
            name: "HakubeCLITests",
            dependencies: [
                "HakubeCLI", "HakubeEngine", "HakubeFetch", "HakubeModel", "HakubePlan", "HakubeTransport",
                "HakubeTestSupport", "Yams", .product(name: "ArgumentParser", package: "swift-argument-parser"),
            ],
            swiftSettings: strict),
        .testTarget(name: "HakubeGuardianTests", dependencies: ["HakubeGuardian"], swiftSettings: strict),
        .testTarget(
            name: "HakubeCourierTests",
            dependencies: [
                "HakubeCourier", "CCourier", "HakubeTestSupport", "FuzzSupport",
                .product(name: "Crypto", package: "swift-crypto"),
            ],
            swiftSettings: strict),
        // Damaged input for what reads others' bytes, in numbers that only a release build has time for.
        .target(name: "FuzzSupport", path: "Tests/FuzzSupport", swiftSettings: strict),
        .executableTarget(
            name: "guardian-fuzz", dependencies: ["HakubeGuardian", "FuzzSupport"], path: "Tests/GuardianFuzz",
            swiftSettings: strict),
        .executableTarget(
            name: "bundle-fuzz",
            dependencies: [
                "HakubeBundle", "HakubeModel", "HakubeTransport", "FuzzSupport",
                .product(name: "Crypto", package: "swift-crypto"),
            ], path: "Tests/BundleFuzz", swiftSettings: strict),
        // Pushes between hosts in network namespaces: real sshd, real couriers.
        .testTarget(
            name: "PushTests",
            dependencies: [
                "HakubeEngine", "HakubeModel", "HakubePlan", "HakubeRemote", "HakubeSSH", "HakubeTransport",
                "HakubeTestSupport",
            ], swiftSettings: strict),
        .executableTarget(
            name: "courier-fuzz", dependencies: ["HakubeCourier", "CCourier", "FuzzSupport"], path: "Tests/CourierFuzz",
            swiftSettings: strict),
        // What a run costs on the operator's machine: many hosts in memory, many small commands over SSH.
        .executableTarget(
            name: "hakube-bench-run",
            dependencies: [
                "HakubeEngine", "HakubeModel", "HakubePlan", "HakubeRemote", "HakubeSSH", "HakubeTransport",
                "HakubeTestSupport",
            ], path: "Tests/RunBench", swiftSettings: strict),
        .testTarget(
            name: "LabTests", dependencies: ["HakubeModel", "HakubePlan", "HakubeTestSupport"], swiftSettings: strict),
    ]
)
