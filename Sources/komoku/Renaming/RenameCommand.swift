internal import ArgumentParser
internal import Komoku
internal import KomokuClient
internal import KomokuWire

struct RenameCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "rename", abstract: "Rename a key; its history is kept.",
        discussion: """
            Lists the rules, mappings and other settings that use the old name. --rewrite also changes them: it shows the \
            changes first, and asks on a terminal. This only works on the hub's own machine; elsewhere it lists what to change. \
            Patterns that match the key ('*.temp') and names that are composed ('{room}.temp') are listed but not changed.
            """)

    @Argument(help: "The key.", completion: .keys)
    var old: String

    @Argument(help: "Its new name.")
    var new: String

    @Flag(help: "Show what would happen, and change nothing.")
    var dryRun = false

    @Flag(help: "Change the rules and settings that use the old name, and reload them.")
    var rewrite = false

    @Flag(name: .shortAndLong, help: "Do not ask for confirmation.")
    var yes = false

    @OptionGroup var hub: HubOptions

    func validate() throws {
        if old.utf8.elementsEqual(new.utf8) { throw ValidationError("the key has this name already") }
    }

    func run() async throws {
        try new.checkedAsName()
        let address = try hub.address()
        try await hub.withClient { client in
            let isDone = try await isRenamed(client)
            let uses = try await uses(client)
            var change = rewrite ? Rewriting(uses.uses, isHere: address.isLocal) : Rewriting([], isHere: true)
            if rewrite { try refuseErrors(uses, isDone: isDone) }
            if !hub.json { Terminal.say(lines: change.diff) }
            if dryRun { return tell(uses, change, isDone: isDone) }
            if !change.isEmpty, !yes, !Terminal.confirms("Make \(change.countText) and rename the key? [y/N] ") {
                throw Failure(message: "cancelled; nothing was changed")
            }
            try change.prepare()
            if !isDone { try await rename(client) }
            try publish(&change)
            if !change.isEmpty { change.reload = try await client.reload() }
            tell(uses, change, isDone: isDone)
            if !change.isEmpty { try await finish(client, change) }
        }
    }

    // MARK: Steps

    /// Whether it was renamed before, and only the files are left to be changed.
    private func isRenamed(_ client: Client) async throws -> Bool {
        if try await client.key(old) != nil {
            guard try await client.key(new) == nil else { throw exists }
            return false
        }
        if rewrite, let name = try? await client.newName(of: old), name.utf8.elementsEqual(new.utf8) { return true }
        throw try await client.absent(old)
    }

    private var exists: Failure {
        Failure(
            message: "\(new) exists already; 'komoku merge \(old) \(new)' adds the history of \(old) to it",
            word: "key_exists")
    }

    /// A hub of an older version cannot say.
    private func uses(_ client: Client) async throws -> KeyUses {
        do {
            return try await client.uses(of: old, as: new)
        } catch {
            let isUnable = ["invalid_query", "not_allowed"].contains(error.code)
            guard isUnable, !rewrite, !dryRun else { throw error }
            return KeyUses()
        }
    }

    private func refuseErrors(_ uses: KeyUses, isDone: Bool) throws {
        guard uses.errors > 0 else { return }
        throw Failure(
            message: """
                the configuration has \(Numbers.counted(uses.errors, "error")), so it is not known where it uses \(old); \
                'komoku check' lists them. Nothing was changed
                """)
    }

    private func rename(_ client: Client) async throws {
        do throws(ClientError) {
            try await client.rename(old, to: new)
        } catch  where error.code == "key_exists" {
            throw exists
        }
    }

    /// What cannot be changed now is told with what to do: the key has its new name already.
    private func publish(_ change: inout Rewriting) throws {
        do {
            try change.publish()
        } catch var failure as Failure {
            failure.message += "; \(new) is the key's name now, and the same command again changes the other files"
            throw failure
        }
    }

    /// Says what is wrong after the files were changed.
    private func finish(_ client: Client, _ change: Rewriting) async throws {
        if let reload = change.reload, !reload.isDone {
            if !hub.json { for finding in reload.findings { Terminal.tell(finding.description.printable) } }
            let message = "the key is renamed and the files are changed, but the hub did not accept them"
            throw Failure(message: hub.json ? "" : message)
        }
        // Between the two a message may have come that the old mapping was for.
        guard !hub.json, try await client.key(old) != nil else { return }
        Terminal.complain(
            "meanwhile a message made a key \(old) again; 'komoku merge \(old) \(new)' adds its points to \(new)")
    }

    // MARK: Telling

    private func tell(_ uses: KeyUses, _ change: Rewriting, isDone: Bool) {
        if hub.json { return Terminal.say(json(uses, change, isDone: isDone).text) }
        let verb = dryRun ? "would become" : "is"
        Terminal.say("\(old) \(verb) \(new)\(dryRun ? "; nothing was changed" : " now")")
        for file in dryRun ? [] : change.files { Terminal.say("changed \(file.printable)") }
        let left = uses.uses.filter { !change.covers($0) }
        if !left.isEmpty {
            let phrase = left.count == 1 ? "1 place still uses" : "\(left.count) places still use"
            Terminal.say("\(phrase) the old name:")
            for use in left { Terminal.say("  \(Self.line(use, new))") }
        }
        if uses.errors > 0 {
            Terminal.say("The configuration has errors, so there may be more; 'komoku check' lists them.")
        }
        if !rewrite, uses.uses.contains(where: { $0.replacement != nil }) {
            Terminal.say("'komoku rename \(old) \(new) --rewrite' changes the configuration.")
        }
    }

    /// `/etc/komoku/rules.yaml:12:17: rule hall-light: hall.temp, write hall_temp.value`.
    static func line(_ use: KeyUse, _ new: String) -> String {
        let owner: String =
            switch (use.section, use.name) {
            case ("rules", let name?): "rule \(name)"
            case ("scripts", let name?): "script \(name)"
            case ("", _): "settings"
            default: "'\(use.section)'"
            }
        let remedy = use.replacement.map { ", write \($0)" } ?? use.reason.map { "; \($0)" } ?? ""
        return "\(use.file):\(use.line):\(use.column): \(owner): \(use.text)\(remedy)".printable
    }

    private func json(_ uses: KeyUses, _ change: Rewriting, isDone: Bool) -> JSON {
        var members: [JSON.Member] = [
            JSON.Member("key", .string(old)), JSON.Member("to", .string(new)), JSON.Member("renamed", .bool(!dryRun)),
            JSON.Member("uses", uses.uses.wire),
            JSON.Member("rewritten", .array((dryRun ? [] : change.files).map { .string($0) })),
        ]
        if rewrite { members.append(JSON.Member("diff", .string(change.diff.joined(separator: "\n")))) }
        if let reload = change.reload { members.append(JSON.Member("reload", reload.json)) }
        return .object(members)
    }
}
