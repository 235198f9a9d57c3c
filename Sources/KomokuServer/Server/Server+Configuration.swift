package import Komoku
internal import KomokuWire
package import KomokuYAML
internal import NIOCore

extension Server {
    /// What the section `listen` says.
    package struct Configuration: Hashable, Sendable {
        package var endpoints: [Endpoint]
        /// What who calls a webhook has to know, by its name.
        package var hooks: [String: Secret] = [:]
        package var proxies = ProxySettings()
        package var page = PageSettings()
        /// The first entry that other machines may reach.
        package var exposure: Exposure?

        /// The usual ports, on loopback.
        package init(endpoints: [Endpoint] = [Endpoint(port: 7272, version: .v1), Endpoint(port: 7274, version: .v2)]) {
            self.endpoints = endpoints
        }

        /// Reads the section; every problem goes to the report.
        package static func read(_ root: SettingsReader) -> Configuration {
            var configuration = Configuration()
            configuration.proxies = .read(root)
            configuration.page = .read(root)
            root.declare("listen")
            if root.has("listen") { (configuration.endpoints, configuration.exposure) = readEndpoints(root) }
            configuration.hooks = HookSecrets.read(root)
            return configuration
        }

        private static func readEndpoints(_ root: SettingsReader) -> ([Endpoint], Exposure?) {
            var exposure: Exposure?
            let endpoints: [Endpoint?] = root.list(
                "listen",
                of: .mapping { reader in
                    let endpoint = Endpoint.read(reader)
                    if exposure == nil, case .some(.some(let open)) = endpoint, open.isExposed {
                        exposure = Exposure(place: open.description, position: reader.position(of: "address"))
                    }
                    return endpoint
                })
            var known: [Endpoint] = []
            for endpoint in endpoints.compactMap(\.self) {
                if endpoint.port != 0 || endpoint.socket != nil,
                    known.contains(where: { $0.collides(with: endpoint) })
                {
                    root.error(
                        at: "listen",
                        "two entries of 'listen' are for \(endpoint.socket?.path ?? "port \(endpoint.port)")",
                        remedy: "keep one")
                }
                known.append(endpoint)
            }
            return (known, exposure)
        }

        /// A port that other machines may reach: the hub opens it only where it knows a user or a token.
        package struct Exposure: Hashable, Sendable {
            package let place: String
            package let position: SourcePosition

            static let message =
                "there are no users and no tokens, so whoever reaches that address could command this house"
            static let remedy =
                "make a token first with 'komokud --add-token NAME' and the same --config, or leave 'address' out, start, and "
                + "make a user with 'komoku user add NAME --admin'"

            /// What the start would refuse.
            package var refusal: Diagnostic {
                Diagnostic(
                    .error, at: position, "cannot listen on \(place): \(Self.message)", remedy: Self.remedy)
            }
        }
    }
}

extension Server.Endpoint {
    fileprivate static func read(_ reader: SettingsReader) -> Server.Endpoint?? {
        let api = reader.value("api", .api, default: 2)
        let version = ProtocolVersion(rawValue: api) ?? .v2
        let isOpen = reader.value("open", .bool)
        if reader.has("socket") { return socket(reader, version, isOpen, isPacked: api == 3) }
        let address = reader.value("address", .address) ?? "127.0.0.1"
        let tls = reader.mapping("tls")
        let files = tls.flatMap(TLSFiles.read)
        guard let port = reader.required("port", .integer(in: 0...65535)), tls == nil || files != nil else {
            return .some(nil)
        }
        var endpoint = Server.Endpoint(address: address, port: port, version: version, tls: files)
        endpoint.isPacked = api == 3
        endpoint.isOpen = isOpen
        if isOpen == true, !endpoint.isLoopback {
            reader.error(
                at: "open", "whoever reaches \(address) could command this house",
                remedy: "leave 'open' out, and give each program a token")
        }
        return endpoint
    }

    private static func socket(
        _ reader: SettingsReader, _ version: ProtocolVersion, _ isOpen: Bool?, isPacked: Bool
    ) -> Server.Endpoint?? {
        let mode = reader.value("mode", .mode, default: 0o660)
        guard let path = reader.value("socket", .socketPath) else { return .some(nil) }
        var endpoint = Server.Endpoint(socket: .init(path: path, mode: mode), version: version)
        endpoint.isPacked = isPacked
        endpoint.isOpen = isOpen
        return endpoint
    }
}

extension SettingType where Value == Int {
    fileprivate static var api: SettingType {
        SettingType(expectation: "1, 2 or 3, a version of the protocol") { setting in
            if let version = setting.node.integer, (1...3).contains(version) { return Int(version) }
            setting.mismatch(expecting: "1, 2 or 3, a version of the protocol")
            return nil
        }
    }
}

extension SettingType where Value == String {
    /// An address of this machine.
    fileprivate static var address: SettingType {
        .text("an IP address such as 127.0.0.1, 192.168.1.2, 0.0.0.0 or ::") { text throws(Setting.Invalid) in
            if text.utf8.elementsEqual("localhost".utf8) { return "127.0.0.1" }
            guard (try? SocketAddress(ipAddress: text, port: 0)) != nil else {
                throw Setting.Invalid("it is no IP address")
            }
            return text
        }
    }

    /// Longer ones fit into no address of the system.
    fileprivate static var socketPath: SettingType {
        .text("the path of a socket such as /run/komoku/komoku.sock") { text throws(Setting.Invalid) in
            guard text.hasPrefix("/"), !text.utf8.contains(0), text.utf8.count <= 107 else {
                throw Setting.Invalid("it is no absolute path of at most 107 bytes")
            }
            return text
        }
    }
}

extension SettingType where Value == UInt32 {
    fileprivate static var mode: SettingType {
        .text("a mode such as \"0660\", in quotes") { text throws(Setting.Invalid) in
            guard (3...4).contains(text.utf8.count), let mode = UInt32(text, radix: 8), mode <= 0o777 else {
                throw Setting.Invalid("it is no mode of three octal digits")
            }
            return mode
        }
    }
}
