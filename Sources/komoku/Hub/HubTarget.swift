internal import Glibc
internal import Komoku
internal import KomokuClient

/// The hub that a command is for, and how it is asked.
struct HubTarget {
    var address: HubAddress
    var access: HubAccess
    /// A person named it: here, in the environment or in a file. Else it is the one that may run on this machine.
    var isNamed: Bool

    func client(timeout: Komoku.Duration = .seconds(10)) -> Client {
        Client(address, access: access, timeout: timeout)
    }
}

extension HubOptions {
    /// - Throws: `Failure` or `ClientError` where what was given is wrong.
    ///
    /// - Parameter isQuiet: nobody is asked or told anything; it fails where a password would be needed.
    func target(isQuiet: Bool = false) throws -> HubTarget {
        if server != nil, hubName != nil {
            throw Failure.usage("--server and --hub both name a hub; write one of them")
        }
        var target = try namedHub()
        if let token = try givenToken(isQuiet: isQuiet) {
            target.access.token = token
        } else if target.access.token == nil, let text = Self.environment("KOMOKU_TOKEN") {
            guard let token = HubAccess.Token(text) else {
                throw Failure.usage("KOMOKU_TOKEN is no token; 'komoku token add' on the hub prints one")
            }
            target.access.token = token
        }
        if let trust = try givenTrust() { target.access.trust = trust }
        if (ca != nil || fingerprint != nil) && target.address.transport != .tls {
            throw Failure.usage("--ca and --fingerprint are for TLS, but \(target.address) has none; write wss://")
        }
        if target.access.token != nil, target.address.transport == .plain, !target.address.isLocal,
            !isQuiet, isatty(STDERR_FILENO) == 1
        {
            Terminal.complain("whoever is on the way to \(target.address) can read the token; wss:// hides it")
        }
        return target
    }

    /// The hub by its address or its name, with what the file says of it.
    private func namedHub() throws -> HubTarget {
        if let server { return HubTarget(address: try HubAddress(server), access: HubAccess(), isNamed: true) }
        if hubName == nil, let text = Self.environment("KOMOKU_SERVER") {
            return HubTarget(address: try HubAddress(text), access: HubAccess(), isNamed: true)
        }
        let named = hubName ?? Self.environment("KOMOKU_HUB")
        let profiles = try HubProfiles.read(for: named)
        guard let name = named ?? profiles?.usual else {
            return HubTarget(address: .local, access: HubAccess(), isNamed: false)
        }
        guard let profiles else {
            let path = HubProfiles.path ?? "~/.config/komoku/config.yaml"
            throw Failure.usage(
                "there is no \(path.printable), which would say where '\(name.printable)' is; or use --server")
        }
        let profile = try profiles.profile(named: name)
        return HubTarget(address: profile.server ?? .local, access: profile.access, isNamed: true)
    }

    private func givenToken(isQuiet: Bool) throws -> HubAccess.Token? {
        if let user {
            guard token == nil, tokenFile == nil else {
                throw Failure.usage("--user and a token both say who asks; write one of them")
            }
            guard !user.contains(":") else { throw Failure.usage("no user has a colon in the name") }
            let given = Self.environment("KOMOKU_PASSWORD")
            if given == nil, isQuiet { throw Failure.usage("a password would be asked for") }
            let password = try given ?? PasswordInput.ask("Password of \(user.printable): ")
            return HubAccess.Token(user: user, password: password)
        }
        if token != nil, tokenFile != nil {
            throw Failure.usage("--token and --token-file both give a token; write one of them")
        }
        if let token {
            guard let found = HubAccess.Token(token) else {
                throw Failure.usage("--token is no token; 'komoku token add' on the hub prints one")
            }
            return found
        }
        guard let tokenFile else { return nil }
        let line = try InputFile(tokenFile).read().prefix { $0 != UInt8(ascii: "\n") && $0 != UInt8(ascii: "\r") }
        guard let found = HubAccess.Token(String(decoding: line, as: UTF8.self)) else {
            throw Failure.usage("the first line of \(tokenFile.printable) is no token")
        }
        return found
    }

    private func givenTrust() throws -> HubAccess.Trust? {
        if ca != nil, fingerprint != nil {
            throw Failure.usage("--ca and --fingerprint both say which hub to trust; write one of them")
        }
        if let ca { return .authorities(file: ca) }
        guard let fingerprint else { return nil }
        guard let found = HubAccess.Fingerprint(fingerprint) else {
            throw Failure.usage(
                "'\(fingerprint.printable)' is no SHA-256 of 64 hexadecimal digits; 'komoku tls show' on the hub prints it"
            )
        }
        return .fingerprint(found)
    }

    private static func environment(_ name: String) -> String? {
        HubProgram.environment(name).flatMap { $0.isEmpty ? nil : $0 }
    }
}
