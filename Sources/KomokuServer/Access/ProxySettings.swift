package import KomokuYAML

/// What the section `http` says of the proxies before this hub.
package struct ProxySettings: Hashable, Sendable {
    /// What the proxy puts before every path: `/komoku`; empty is nothing.
    package var basePath = ""
    /// Of these is believed for whom they ask, by which scheme and under which name.
    package var trusted: [Network] = []
    /// Whether what comes through a Unix socket comes from such a proxy.
    package var trustsSockets = false

    package init() {}

    package static func read(_ root: SettingsReader) -> ProxySettings {
        var settings = ProxySettings()
        guard let section = root.mapping("http") else { return settings }
        settings.basePath = section.value("base_path", .basePath, default: "")
        for proxy in section.value("trusted_proxies", .list(of: .proxy)) ?? [] {
            if let network = proxy.network { settings.trusted.append(network) } else { settings.trustsSockets = true }
        }
        return settings
    }

    /// A path without what the proxy put before it. One that did not is as good.
    func path(of uri: String) -> String {
        guard !basePath.isEmpty, uri.utf8.starts(with: basePath.utf8) else { return uri }
        let rest = uri.utf8.dropFirst(basePath.utf8.count)
        switch rest.first {
        case UInt8(ascii: "/"): return String(decoding: rest, as: UTF8.self)
        case nil: return "/"
        case UInt8(ascii: "?"): return "/" + String(decoding: rest, as: UTF8.self)
        default: return uri
        }
    }
}

private struct TrustedProxy: Sendable {
    /// Nil is a Unix socket.
    var network: Network?
}

extension SettingType where Value == String {
    fileprivate static var basePath: SettingType {
        .text("a path such as /komoku") { text throws(Setting.Invalid) in
            let isPlain = text.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7F && !"?#%\"<>\\".utf8.contains($0) }
            guard text.hasPrefix("/"), !text.hasSuffix("/"), !text.contains("//"), isPlain else {
                throw Setting.Invalid("it is no path from / on, without one at its end")
            }
            return text
        }
    }
}

extension SettingType where Value == TrustedProxy {
    fileprivate static var proxy: SettingType {
        .text("an address, a network such as 10.0.0.0/8, or unix") { text throws(Setting.Invalid) in
            if text.utf8.elementsEqual("unix".utf8) { return TrustedProxy() }
            guard let network = Network(text) else { throw Setting.Invalid("it is no IP address and no network") }
            return TrustedProxy(network: network)
        }
    }
}
