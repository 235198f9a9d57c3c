internal import ArgumentParser
internal import Glibc
internal import Komoku
internal import KomokuSystem

struct TLSCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "tls", abstract: "Create certificates for the hub and hand out their authority.",
        subcommands: [
            InitTLSCommand.self, RenewTLSCommand.self, ShowTLSCommand.self, ShareTLSCommand.self,
            ClientTLSCommand.self,
        ])
}

/// What every command about certificates takes.
struct TLSOptions: ParsableArguments {
    @Option(help: "The folder of the certificates.", completion: .directory)
    var dir = "/var/lib/komoku/tls"

    @Flag(help: "Print JSON, for programs.")
    var json = false

    var authority: HouseAuthority {
        get throws {
            guard !dir.isEmpty else { throw Failure.usage("--dir needs the name of a folder") }
            return HouseAuthority(folder: dir.count > 1 && dir.hasSuffix("/") ? String(dir.dropLast()) : dir)
        }
    }

    static func subjects(_ texts: [String]) throws -> [CertificateSubject] {
        try texts.map { text in
            guard let subject = CertificateSubject(text) else {
                throw Failure.usage(
                    "'\(text.printable)' is neither a host name nor an address; write hub.lan or 192.168.1.2")
            }
            return subject
        }
    }

    /// Does something with certificates, and says what is wrong as this program does.
    static func run<Result>(_ body: () throws(HouseAuthority.Failure) -> Result) throws -> Result {
        do throws(HouseAuthority.Failure) {
            return try body()
        } catch {
            throw Failure(message: "\(error.reason.printable); \(error.remedy.printable)")
        }
    }

    /// Prints what is in the folder.
    func show() throws {
        let shown = try CertificatesShown(authority)
        if json { Terminal.say(shown.json.text) } else { Terminal.say(lines: shown.lines) }
    }
}

struct InitTLSCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "init", abstract: "Create a certificate authority for the house and a certificate for the hub.",
        discussion: """
            The certificate covers this machine's names and addresses and those given with --name. The authority can sign only \
            for these names and for names in .local, .lan, .internal and .home.arpa. This needs the program openssl.
            """)

    @Option(help: ArgumentHelp("A further name or address of the hub; may be repeated.", valueName: "name"))
    var name: [String] = []

    @OptionGroup var options: TLSOptions

    func run() throws {
        let given = try TLSOptions.subjects(name)
        let subjects = given + CertificateSubject.ofMachine.filter { !given.contains($0) }
        let authority = try options.authority
        let title = "Komoku house authority of \(subjects.first.map { "\($0)" } ?? "the hub")"
        try TLSOptions.run { () throws(HouseAuthority.Failure) in
            try authority.create(title: String(title.prefix(64)), subjects: subjects)
        }
        try options.show()
        if !options.json {
            Terminal.say(lines: [
                "", "In the hub's configuration:",
                "  listen: [{port: 7274, tls: {certificate: \(authority.certificate), key: \(authority.key)}}]",
                "Then 'komoku tls share' lets phones download the authority.",
            ])
        }
    }
}

struct RenewTLSCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "renew", abstract: "Renew the hub's certificate; its key stays the same.",
        discussion: """
            The hub does this by itself if the authority's key is in the folder. A running hub uses the new certificate within \
            seconds. With --name the certificate covers these names and addresses and those of this machine, else the same as before.
            """)

    @Option(help: ArgumentHelp("A name or address of the hub; may be repeated.", valueName: "name"))
    var name: [String] = []

    @OptionGroup var options: TLSOptions

    func run() throws {
        let given = try TLSOptions.subjects(name)
        let subjects = given.isEmpty ? nil : given + CertificateSubject.ofMachine.filter { !given.contains($0) }
        let authority = try options.authority
        try TLSOptions.run { () throws(HouseAuthority.Failure) in try authority.renew(subjects: subjects) }
        try options.show()
    }
}

struct ShowTLSCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "show", abstract: "Show the certificates, how long they last, and their fingerprints.")

    @OptionGroup var options: TLSOptions

    func run() throws { try options.show() }
}

struct ClientTLSCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "client", abstract: "Create a certificate that identifies a client.",
        discussion: """
            The hub accepts it if its configuration names the authority as client_ca and a token has the certificate's \
            fingerprint; the command that makes such a token is printed. The certificate is valid for a year.
            """)

    @Argument(help: "The name of the client.")
    var client: String

    @OptionGroup var options: TLSOptions

    func run() throws {
        let authority = try options.authority
        try TLSOptions.run { () throws(HouseAuthority.Failure) in try authority.makeClient(client) }
        let files = authority.client(client)
        let report = try TLSOptions.run { () throws(HouseAuthority.Failure) in
            try OpenSSL().report(on: files.certificate)
        }
        let fingerprint = report.fingerprint.filter { $0 != ":" }.lowercased()
        if options.json {
            let answer: JSON = [
                "certificate": .string(files.certificate), "key": .string(files.key),
                "fingerprint": .string(fingerprint),
            ]
            Terminal.say(answer.text)
        } else {
            Terminal.say(lines: [
                files.certificate, files.key, "", "To let it in:",
                "  komoku token add \(client) --certificate \(fingerprint)",
            ])
        }
    }
}

/// The certificates of a folder, for people and for programs.
struct CertificatesShown {
    private let authority: HouseAuthority
    private let ca: CertificateReport
    private let hub: CertificateReport
    private let pin: String?

    init(_ authority: HouseAuthority) throws {
        self.authority = authority
        for path in [authority.authorityCertificate, authority.certificate] where access(path, R_OK) != 0 {
            let reason = String(cString: strerror(errno)).lowercased()
            throw Failure(
                message: "\(path.printable): \(reason); name the folder with --dir, or make it with 'komoku tls init'")
        }
        let openssl = OpenSSL()
        (ca, hub) = try TLSOptions.run { () throws(HouseAuthority.Failure) in
            (
                try openssl.report(on: authority.authorityCertificate), try openssl.report(on: authority.certificate)
            )
        }
        // Not everybody may read the key.
        pin = (try? openssl.publicKey(of: authority.key)).map { SHA256(of: $0).hexadecimal }
    }

    var lines: [String] {
        [
            "Authority    \(authority.authorityCertificate.printable), until \(ca.end)",
            "  SHA-256    \(ca.fingerprint)",
            "Certificate  \(authority.certificate.printable), until \(hub.end)",
            "  SHA-256    \(hub.fingerprint)",
            "  for        \(hub.names.joined(separator: ", ").printable)",
        ] + (pin.map { ["Pin          \($0)", "  of the hub's key, for --fingerprint; renewing keeps it"] } ?? [])
    }

    var json: JSON {
        func json(_ report: CertificateReport, _ file: String) -> [JSON.Member] {
            [
                JSON.Member("file", .string(file)), JSON.Member("until", .string(report.end)),
                JSON.Member("fingerprint", .string(report.fingerprint)),
            ]
        }
        let certificate =
            json(hub, authority.certificate) + [
                JSON.Member("key", .string(authority.key)), JSON.Member("names", .array(hub.names.map { .string($0) })),
                JSON.Member("pin", pin.map { .string($0) } ?? .null),
            ]
        return .object([
            JSON.Member("authority", .object(json(ca, authority.authorityCertificate))),
            JSON.Member("certificate", .object(certificate)),
        ])
    }
}
