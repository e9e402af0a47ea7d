// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import ArgumentParser

/// `hakube endpoint`: how the API server's name stays available.
struct EndpointCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "endpoint", abstract: "Change how a cluster's endpoint stays available.",
        subcommands: [EndpointSet.self])
}
