internal import KomokuWire
package import KomokuYAML
internal import NIOCore

extension Server {
    /// What the section `listen` says.
    package struct Configuration: Hashable, Sendable {
        package var endpoints: [Endpoint]
        /// What who calls a webhook has to know, by its name.
        package var hooks: [String: Secret] = [:]

        /// The usual ports, on loopback.
        package init(endpoints: [Endpoint] = [Endpoint(port: 7272, version: .v1), Endpoint(port: 7274, version: .v2)]) {
            self.endpoints = endpoints
        }

        /// Reads the section; every problem goes to the report.
        package static func read(_ root: SettingsReader) -> Configuration {
            var configuration = Configuration()
            if root.has("listen") { configuration.endpoints = readEndpoints(root) }
            configuration.hooks = HookSecrets.read(root)
            return configuration
        }

        private static func readEndpoints(_ root: SettingsReader) -> [Endpoint] {
            let endpoints: [Endpoint?] = root.list("listen", of: .mapping(Endpoint.read))
            var known: [Endpoint] = []
            for endpoint in endpoints.compactMap(\.self) {
                if endpoint.port != 0, known.contains(where: { $0.collides(with: endpoint) }) {
                    root.error(
                        at: "listen", "two entries of 'listen' are for port \(endpoint.port)", remedy: "keep one")
                }
                known.append(endpoint)
            }
            return known
        }
    }
}

extension Server.Endpoint {
    fileprivate static func read(_ reader: SettingsReader) -> Server.Endpoint?? {
        let address = reader.value("address", .loopback) ?? "127.0.0.1"
        let version = reader.value("api", .protocolVersion, default: .v2)
        let tls = reader.mapping("tls")
        let files = tls.flatMap(TLSFiles.read)
        guard let port = reader.required("port", .integer(in: 0...65535)), tls == nil || files != nil else {
            return .some(nil)
        }
        return Server.Endpoint(address: address, port: port, version: version, tls: files)
    }
}

extension SettingType where Value == ProtocolVersion {
    fileprivate static var protocolVersion: SettingType {
        SettingType(expectation: "1 or 2, a version of the protocol") { setting in
            if let version = setting.node.integer.flatMap(ProtocolVersion.init(rawValue:)) { return version }
            setting.mismatch(expecting: "1 or 2, a version of the protocol")
            return nil
        }
    }
}

extension SettingType where Value == String {
    /// An address of this machine that only this machine can reach.
    fileprivate static var loopback: SettingType {
        .text("a loopback address such as 127.0.0.1 or ::1") { text throws(Setting.Invalid) in
            if text.utf8.elementsEqual("localhost".utf8) { return "127.0.0.1" }
            guard let address = try? SocketAddress(ipAddress: text, port: 0) else {
                throw Setting.Invalid("it is no IP address")
            }
            guard address.isLocal else {
                throw Setting.Invalid(
                    "there are no users and no TLS yet, so whoever reaches that address could command this house",
                    remedy: "leave 'address' out, and reach the hub through a tunnel such as ssh -L")
            }
            return text
        }
    }
}
