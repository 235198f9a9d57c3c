internal import ArgumentParser
internal import Komoku
internal import KomokuWire

/// What somebody is allowed to do.
struct RightsOptions: ParsableArguments {
    @Flag(help: "Allow everything: read and put every key, run rules, back up, reload, and manage users and tokens.")
    var admin = false

    @Option(
        help: "Allow reading the keys that match this pattern, such as 'hall.**'; can be repeated. Default: every key.")
    var read: [String] = []

    @Option(help: "Allow putting the keys that match this pattern; can be repeated. Default: none; '**' is every key.")
    var write: [String] = []

    func rights() throws -> AccountRights {
        AccountRights(
            isAdmin: admin, reading: read.isEmpty ? [.all] : try read.map(Self.pattern),
            writing: try write.map(Self.pattern))
    }

    private static func pattern(_ text: String) throws -> KeyPattern {
        do throws(KeyName.Invalid) {
            return try KeyPattern(validating: text)
        } catch {
            throw Failure.usage("'\(text.printable)' is no pattern of keys: \(error.reason)")
        }
    }
}

extension AccountRights {
    /// For a sentence: `may read hall.** and put nothing`.
    var sentence: String {
        if isAdmin { return "may do everything" }
        return "may read \(Self.list(reading)) and put \(Self.list(writing))"
    }

    static func list(_ patterns: [KeyPattern]) -> String {
        if patterns.contains(.all) { return "every key" }
        return patterns.isEmpty ? "nothing" : patterns.map { $0.text.printable }.joined(separator: ", ")
    }
}

/// Users or tokens as a table.
struct AccountsShown {
    let accounts: [AccountDescription]

    func lines(_ title: String, on screen: Screen) -> [String] {
        var table = TextTable()
        table.add(title, accounts.map(\.name), isRight: false)
        table.add(
            "Reads", accounts.map { $0.rights.isAdmin ? "everything" : AccountRights.list($0.rights.reading) },
            isRight: false)
        table.add(
            "Puts", accounts.map { $0.rights.isAdmin ? "everything" : AccountRights.list($0.rights.writing) },
            isRight: false)
        table.add("Admin", accounts.map { $0.rights.isAdmin ? "yes" : "" }, isRight: false)
        table.add(LocalTime.heading("Created"), accounts.map { LocalTime.text($0.created) }, isRight: false)
        table.add("Expires", accounts.map { $0.expires.map { LocalTime.text($0) } ?? "" }, isRight: false)
        table.add("Last used", accounts.map { $0.used.map { LocalTime.text($0) } ?? "" }, isRight: false)
        return table.lines(on: screen)
    }
}
