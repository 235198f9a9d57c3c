internal import ArgumentParser
internal import Komoku

/// Listens at a broker. The hub's program does it, so that what it finds is what the hub would find.
struct DiscoverCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "discover",
        abstract: "Find the devices at an MQTT broker and print a configuration for them.",
        discussion: """
            Only listens; nothing is published. Works without a running hub, but needs the program komokud to be installed. If \
            the broker requires a login, put it into the address: mqtt://user:password@192.168.1.2, with @ and % in a password \
            written as %40 and %25. Exit codes: 1 the broker refused the login, 3 the broker cannot be reached.
            """)

    @Argument(help: "The broker: mqtt://192.168.1.2, mqtt://user:password@192.168.1.2.")
    var broker = "mqtt://127.0.0.1:1883"

    @Option(name: .customLong("for"), help: "How long to listen: 90s, 5m.")
    var time = "1m"

    func validate() throws {
        guard broker.hasPrefix("mqtt://") || broker.hasPrefix("mqtts://") else {
            throw ValidationError("the address of a broker begins with mqtt:// or mqtts://; write mqtt://192.168.1.2")
        }
        guard let time = try? Komoku.Duration(parsing: time), time > .zero else {
            throw ValidationError("'\(time)' is no length of time; write 90s or 5m")
        }
    }

    func run() throws {
        try HubProgram.become(try Self.program(), ["--discover", broker, "--for", time])
    }

    /// The hub's program: beside this one, else in `PATH`.
    static func program(
        beside path: String = HubProgram.ownPath, path folders: String? = HubProgram.environment("PATH")
    ) throws -> String {
        try HubProgram.find(for: "discover", beside: path, path: folders)
    }
}
