import Glibc
import Komoku
import KomokuClient
import KomokuTesting
import Testing

@testable import komoku_cli

struct LineEditorTests {
    private static func typed(_ text: String, history: [String] = []) -> LineEditor {
        var editor = LineEditor(history: history)
        editor.insert(text)
        return editor
    }

    /// The line after some keys, with `|` at the cursor.
    private static func shown(_ editor: LineEditor) -> String {
        String(editor.text[..<editor.cursor]) + "|" + String(editor.text[editor.cursor...])
    }

    @Test(
        arguments: [
            ([.left, .left, .character("x")], "get ayx|.b"), ([.start], "|get ay.b"), ([.start, .end], "get ay.b|"),
            ([.start, .right, .killToEnd], "g|"), ([.left, .killToStart], "|b"), ([.killWord], "get |"),
            ([.killWord, .killWord], "|"), ([.backspace], "get ay.|"), ([.start, .backspace], "|get ay.b"),
            ([.start, .delete], "|et ay.b"), ([.wordLeft], "get |ay.b"),
            ([.wordLeft, .wordLeft, .wordRight], "get| ay.b"),
            ([.left, .endOfInput], "get ay.|"), ([.right], "get ay.b|"),
        ] as [([LineEditor.Key], String)])
    func keysEditTheLine(keys: [LineEditor.Key], line: String) {
        var editor = Self.typed("get ay.b")
        for key in keys { #expect(editor.handle(key) == .nothing) }
        #expect(Self.shown(editor) == line)
    }

    @Test func aLineEndsInThreeWays() {
        var editor = Self.typed("keys")
        #expect(editor.handle(.enter) == .submit("keys"))
        #expect(editor.handle(.interrupt) == .cancel)
        #expect(editor.handle(.killToStart) == .nothing && editor.handle(.endOfInput) == .leave)
        editor.insert("get a b")
        _ = editor.handle(.wordLeft)
        #expect(editor.handle(.tab) == .complete("get a "))
    }

    @Test func olderLinesComeBackAndTheNewOneIsKept() {
        var editor = Self.typed("new", history: ["first", "second"])
        for line in ["second", "first", "first"] {
            _ = editor.handle(.older)
            #expect(String(editor.text) == line)
        }
        for line in ["second", "new", "new"] {
            _ = editor.handle(.newer)
            #expect(String(editor.text) == line)
        }
    }

    @Test func aSearchFindsTheNewestLineAndThenOlderOnes() {
        var editor = Self.typed("", history: ["get a.x", "keys", "get b.x", "status"])
        _ = editor.handle(.search)
        editor.insert("get")
        #expect(String(editor.text) == "get b.x")
        _ = editor.handle(.search)
        #expect(String(editor.text) == "get a.x")
        #expect(editor.handle(.enter) == .submit("get a.x"))
        #expect(editor.wanted == nil)
        _ = editor.handle(.search)
        editor.insert("sta")
        _ = editor.handle(.interrupt)
        #expect(String(editor.text).isEmpty && editor.wanted == nil)
    }

    @Test(arguments: 0..<20 as Range<UInt64>)
    func noKeysLeadOutOfTheLine(seed: UInt64) {
        var random = SplitMix(seed: seed)
        let keys: [LineEditor.Key] = [
            .character("a"), .character(" "), .character("ż"), .left, .right, .wordLeft, .wordRight, .start, .end,
            .backspace, .delete, .killToEnd, .killToStart, .killWord, .older, .newer, .search, .tab, .interrupt,
            .endOfInput, .enter,
        ]
        var editor = LineEditor(history: ["one", "two words", ""])
        for _ in 0..<500 {
            _ = editor.handle(keys[Int(random.next() % UInt64(keys.count))])
            #expect((0...editor.text.count).contains(editor.cursor))
            let part = ShellTerminal.part(of: editor.text, around: editor.cursor, room: 10)
            #expect(part.text.columns <= 10 && part.cursor <= part.text.columns)
        }
    }

    @Test func bytesOfATerminalAreKeys() {
        var decoder = KeyDecoder()
        let bytes = Array("aż\u{1B}[A\u{1B}OD\u{1B}[1;5C\u{1B}[3~\u{7F}\r\u{17}\u{1B}b\u{1B}[99~z".utf8)
        let keys = bytes.compactMap { decoder.take($0) }
        #expect(
            keys == [
                .character("a"), .character("ż"), .older, .left, .wordRight, .delete, .backspace, .enter, .killWord,
                .wordLeft, .character("z"),
            ])
    }

    @Test func bytesThatAreNoTextDoNotStopTheDecoder() {
        var decoder = KeyDecoder()
        for byte in [0xFF, 0xC3, 0x28, 0xE2, 0x28, 0xA1, 0x80] as [UInt8] { _ = decoder.take(byte) }
        for byte in 0..<64 as Range<UInt8> { _ = decoder.take(0x1B ^ byte) }
        let keys = "xxxxxxxxxxxxxxxxxxxxxz".utf8.compactMap { decoder.take($0) }
        #expect(keys.last == .character("z"))
    }
}

struct ShellTests {
    @Test(
        arguments: [
            ("get a.b", ["get", "a.b"]), ("  put a 'two words' ", ["put", "a", "two words"]),
            (#"put a "x \"y\"" b\ c"#, ["put", "a", #"x "y""#, "b c"]), ("put a ''", ["put", "a", ""]),
            ("keys # all", ["keys"]), ("a#b", ["a#b"]), ("# nothing", []), ("", []),
        ] as [(String, [String])])
    func aLineIsSplitAsShellsDo(line: String, words: [String]) {
        #expect(ShellWords(line).words == words)
    }

    @Test func aWordIsOpenUntilASpaceFollows() {
        #expect(ShellWords("get a").isOpen && !ShellWords("get a ").isOpen)
        #expect(ShellWords("put a 'x").openQuote == "'")
    }

    @Test func aCompletionAddsWhatAllChoicesHave() {
        let candidates = ["kitchen.light", "kitchen.lamp", "hall.x"]
        #expect(ShellCompletion(candidates, typed: "k").addition == "itchen.l")
        #expect(ShellCompletion(candidates, typed: "h").addition == "all.x ")
        #expect(ShellCompletion(candidates, typed: "z").addition == "")
        #expect(ShellCompletion(candidates, typed: "kitchen.l").listed(width: 80) == "kitchen.lamp   kitchen.light\r\n")
    }

    @Test func whatIsCompletedDependsOnTheCommand() {
        guard case .words(let commands) = ShellCompletion.source(after: [], typed: "g") else {
            Issue.record("no commands")
            return
        }
        #expect(commands.contains("get") && commands.contains("exit"))
        #expect(ShellCompletion.source(after: ["get"], typed: "") == .names(.keys))
        #expect(ShellCompletion.source(after: ["devices", "show"], typed: "") == .names(.devices))
        #expect(ShellCompletion.source(after: ["run"], typed: "") == .names(.rules))
        guard case .words(let options) = ShellCompletion.source(after: ["watch"], typed: "--") else {
            Issue.record("no options")
            return
        }
        #expect(options.contains("--changes") && options.contains("--json"))
    }

    @Test(arguments: [
        "status --token abc", "token add phone", "user password anna", "discover mqtt://u:p@host",
        "put alarm.pin 1234", "put wifi_password x", "keys --user anna --password-file f",
    ])
    func linesWithSecretsAreNotKept(line: String) {
        #expect(ShellHistory.isSecret(line))
    }

    @Test func theHistoryIsAFileOfItsOwner() throws {
        let folder = try TemporaryFolder()
        let path = folder.path + "/state/komoku/history"
        var history = ShellHistory(path: path)
        for line in ["keys", "keys", " get a", "status --token abc", "get b"] { history.add(line) }
        #expect(ShellHistory(path: path).lines == ["keys", "get b"])
        var status = stat()
        #expect(stat(path, &status) == 0 && status.st_mode & 0o777 == 0o600)
    }

    @Test func aScriptRunsItsLinesAndEndsWithTheLastCode() async throws {
        let hub = try await TestHub()
        let script = "printf '%s\\n' \"$3\" | $0 shell --server \"$2\" 2>&1; echo \"code $?\""
        let address = try hub.address.description
        func run(_ lines: String) throws -> String { try BuiltProgram.shell(script, ["", address, lines]) }
        #expect(try run("put s.a 5\n# a comment\nkomoku get s.a").hasSuffix("\n5\ncode 0\n"))
        #expect(try run("put s.a 5\nget s.missing").hasSuffix("code 1\n"))
        #expect(try run("get s.missing\nexit\nput s.a 6").hasSuffix("code 1\n"))
        #expect(try run("get s.a --json").hasPrefix(#"{"key":"s.a","value":5,"#))
        await hub.stop()
    }
}
