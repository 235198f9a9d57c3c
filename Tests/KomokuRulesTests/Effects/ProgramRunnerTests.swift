import Glibc
import Komoku
import KomokuSystem
import KomokuTesting
import Testing

@testable import KomokuRules

@Suite(.timeLimit(.minutes(2))) struct ProgramRunnerTests {
    private static let environment = ["PATH": "/usr/bin:/bin", "HOME": "/root", "LANG": "C.UTF-8", "SECRET": "s3cret"]
    private let runner = ProgramRunner(inherited: environment)

    @Test func `what a program says and its exit code are the answer`() async {
        let result = await runner.answer(ProgramCall(words: ["sh", "-c", "echo out; echo err >&2; exit 3"]))
        #expect(result == .success(OutputAnswer(status: 3, text: "out\nerr\n")))
    }

    @Test func `words are taken as they are`() async {
        let result = await runner.answer(ProgramCall(words: ["printf", "%s|", "a b", "$HOME;`id`", "*", ""]))
        #expect(result.text == "a b|$HOME;`id`|*||")
    }

    @Test func `input is given and closed, and there is none otherwise`() async {
        let text = String(repeating: "päivää\n", count: 40_000)
        let counted = await runner.answer(ProgramCall(words: ["wc", "-c"], input: text))
        #expect(counted.text == "\(text.utf8.count)\n")
        #expect(await runner.answer(ProgramCall(words: ["cat"])).text == "")
        // It reads nothing of what it is given.
        #expect(await runner.answer(ProgramCall(words: ["true"], input: text)).status == 0)
    }

    @Test func `it has a small environment and its own variables`() async {
        var call = ProgramCall(words: ["env"])
        call.environment = ["ROOM": "hall", "LANG": "fi"]
        let lines = await runner.answer(call).text?.split(separator: "\n").sorted().map(String.init)
        #expect(lines == ["HOME=/root", "LANG=fi", "PATH=/usr/bin:/bin", "ROOM=hall"])
    }

    @Test func `it runs in its directory, and is found from there`() async {
        let call = ProgramCall(words: ["./sh", "-c", "pwd"], directory: "/usr/bin")
        #expect(await runner.answer(call).text == "/usr/bin\n")
    }

    @Test func `a signal that ended it is 128 and more`() async {
        #expect(await runner.answer("kill -11 $$").status == 139)
    }

    @Test(arguments: [
        (["komoku-no-such-program"], nil, "there is no program 'komoku-no-such-program'"),
        (["/no/such/program", "password"], nil, "there is no program '/no/such/program'"),
        (["/etc/passwd"], nil, "'/etc/passwd' may not be executed; chmod +x may be missing"),
        (["/tmp"], nil, "'/tmp' may not be executed; chmod +x may be missing"),
        (["true"], "/no/such/folder", "there is no directory '/no/such/folder'"),
        (["echo", "a\0b"], nil, "a zero byte in what 'echo' is given"),
        ([], nil, "no program is named"),
    ])
    func `what cannot be started is said`(words: [String], directory: String?, reason: String) async {
        let result = await runner.answer(ProgramCall(words: words, directory: directory))
        #expect(result == .failure(OutputFailure(reason, isTransient: false)))
    }

    @Test func `a script without a first line, or with a wrong one, is said`() async throws {
        let folder = try TemporaryFolder()
        defer { folder.remove() }
        for (content, reason) in [
            ("echo x\n", "is no program; a script starts with '#!'"),
            ("#!/no/such/shell\n", "starts with '#!' and a program that does not exist"),
        ] {
            try folder.write(content, to: "script")
            chmod(folder.path("script"), 0o755)
            let result = await runner.answer(ProgramCall(words: [folder.path("script")]))
            #expect(result.fault?.reason == "'\(folder.path("script"))' \(reason)")
        }
    }

    @Test func `one that hangs is ended in time, with all that it started`() async throws {
        let folder = try TemporaryFolder()
        defer { folder.remove() }
        let text = "sleep 1000 & echo $$ $! > \(folder.path("pids")); wait"
        let result = await runner.answer(text, timeout: .seconds(1))
        #expect(result == .failure(OutputFailure("'/bin/sh' did not end within 1s")))
        let pids = try Self.pids(in: folder.path("pids"))
        #expect(pids.count == 2)
        runner.stop()
        for pid in pids { #expect(Self.isGone(pid)) }
    }

    @Test func `one that does not want to end is killed`() async throws {
        let folder = try TemporaryFolder()
        defer { folder.remove() }
        let text = "trap '' TERM; echo $$ > \(folder.path("pids")); while true; do sleep 0.05; done"
        let result = await runner.answer(text, timeout: .seconds(1))
        #expect(result.fault?.isTransient == true)
        runner.stop()
        for pid in try Self.pids(in: folder.path("pids")) { #expect(Self.isGone(pid)) }
    }

    @Test func `a flood is read, and its start is kept`() async {
        let result = await runner.answer("head -c 20000000 /dev/zero | tr '\\0' x; echo $? >&2; exit 4")
        #expect(result.status == 4)
        #expect(result.text == String(repeating: "x", count: OutputAnswer.maximumText))
        let endless = await runner.answer(ProgramCall(words: ["yes"], timeout: .milliseconds(200)))
        #expect(endless.fault?.reason == "'yes' did not end within 200ms")
    }

    @Test func `a program left in the background holds nobody up`() async throws {
        let folder = try TemporaryFolder()
        defer { folder.remove() }
        let result = await runner.answer("sleep 1000 & echo $! > \(folder.path("pids")); echo done")
        #expect(result == .success(OutputAnswer(status: 0, text: "done\n")))
        for pid in try Self.pids(in: folder.path("pids")) { kill(pid, SIGKILL) }
    }

    @Test func `one that closes its outputs runs on`() async {
        #expect(await runner.answer("exec >&- 2>&-; sleep 0.1; exit 7").status == 7)
    }

    @Test func `it has no descriptor but its own`() async {
        // One without close-on-exec, as a careless library opens it.
        let careless = open("/etc/passwd", O_RDONLY)
        defer { close(careless) }
        let call = ProgramCall(words: ["/bin/ls", "/proc/self/fd"], input: "x")
        // The last is the directory that it lists.
        #expect(await runner.answer(call).text == "0\n1\n2\n3\n")
    }

    @Test func `it leads a session without a terminal, with default signals`() async {
        signal(SIGPIPE, SIG_IGN)
        // The shell itself blocks signals for moments: its mask is read by what takes its place.
        let text =
            "ps -o sid= -p $$ | tr -d ' '; echo $$; (: </dev/tty) 2>&1; exec grep -E '^Sig(Blk|Ign)' /proc/self/status"
        let lines = (await runner.answer(text).text ?? "").split(separator: "\n")
        #expect(lines.count == 5 && lines.first == lines.dropFirst().first)
        // glibc keeps two of its own, 32 and 33, from programs that it starts.
        let masks = lines.suffix(2).map { UInt64($0.split(separator: "\t").last ?? "", radix: 16) }
        #expect(masks[0] == 0 && (masks[1] ?? 1) & ~0x1_8000_0000 == 0)
    }

    @Test func `sixteen run at once, others wait for their turn`() async throws {
        let folder = try TemporaryFolder()
        defer { folder.remove() }
        let ended = Collector<Int>()
        let text =
            "touch \(folder.path)/$0; while [ ! -e \(folder.path)/go ]; do sleep 0.02; done; ls \(folder.path) | wc -l"
        for index in 0..<20 {
            _ = runner.launch(ProgramCall(words: ["/bin/sh", "-c", text, "\(index)"])) { ended.append($0.status ?? -1) }
        }
        let observer = ProgramRunner(inherited: Self.environment)
        let count = "ls \(folder.path) | wc -l"
        let seen = await observer.answer("while [ $(\(count)) -lt 16 ]; do sleep 0.02; done; sleep 0.1; \(count)")
        #expect(seen.text == "16\n")
        try folder.write("", to: "go")
        #expect(try await ended.wait(for: 20) == Array(repeating: 0, count: 20))
    }

    @Test func `those that hang leave room for others`() async throws {
        let (folder, ended) = (try TemporaryFolder(), Collector<Int>())
        defer { folder.remove() }
        let hanging = ProgramCall(words: ["/bin/sh", "-c", "while [ ! -e \(folder.path)/go ]; do sleep 0.02; done"])
        for _ in 0..<36 { _ = runner.launch(hanging) { ended.append($0.status ?? -1) } }
        #expect(await runner.answer("echo well").text == "well\n")
        #expect(ended.elements.isEmpty)
        try folder.write("", to: "go")
        #expect(try await ended.wait(for: 36) == Array(repeating: 0, count: 36))
    }

    @Test func `the time of one that waits for its turn begins with it`() async throws {
        var limits = ProgramRunner.Limits()
        limits.atOnce = 1
        let runner = ProgramRunner(inherited: Self.environment, limits: limits)
        let first = Collector<Int>()
        _ = runner.launch(ProgramCall(words: ["/bin/sleep", "1.5"])) { first.append($0.status ?? -1) }
        #expect(await runner.answer("echo well", timeout: .seconds(1)).text == "well\n")
        #expect(first.elements == [0])
    }

    @Test func `too many of one kind are refused, others are taken`() async throws {
        var limits = ProgramRunner.Limits()
        (limits.inGroup, limits.waitingInGroup) = (1, 2)
        let runner = ProgramRunner(inherited: Self.environment, limits: limits)
        let results = Collector<String>()
        for _ in 0..<4 {
            _ = runner.launch(ProgramCall(words: ["/bin/sleep", "1"])) {
                results.append($0.fault?.reason ?? "\($0.status ?? -1)")
            }
        }
        #expect(await runner.answer("echo well").text == "well\n")
        let all = try await results.wait(for: 4)
        // Whether the first had begun when the last came decides whether that was one too many.
        #expect(all.count { $0 == "0" } >= 2)
        #expect(all.contains("too many of the same wait for their turn: 2"))
    }

    @Test(arguments: [
        ("echo out; echo err >&2; exit 3", "out / err"),
        ("seq 1 50000; echo '  boom  bang ' >&2; exit 1", "49999 / 50000 / boom bang"),
        ("exit 1", ""), ("printf 'a\\n\\n\\nb'; exit 1", "a / b"),
    ])
    func `the last lines of one that fails say why`(text: String, lines: String) async throws {
        let answer = try await runner.answer(text).get()
        #expect(answer.lastLines == lines)
    }

    @Test func `a cancelled one ends, and nobody is told`() async throws {
        let folder = try TemporaryFolder()
        defer { folder.remove() }
        let answers = Collector<Bool>()
        let call = ProgramCall(words: ["/bin/sh", "-c", "echo $$ > \(folder.path("pids")); sleep 1000"])
        let cancellation = runner.launch(call) { _ in answers.append(true) }
        _ = await runner.answer("while [ ! -s \(folder.path("pids")) ]; do sleep 0.02; done")
        cancellation.cancel()
        runner.stop()
        for pid in try Self.pids(in: folder.path("pids")) { #expect(Self.isGone(pid)) }
        #expect(answers.elements.isEmpty)
        #expect(await runner.answer("true").fault?.reason == "the hub is stopping")
    }

    @Test func `many in a row leave no zombie and no descriptor`() async throws {
        let before = Self.descriptors
        for _ in 0..<200 {
            let pid = try #require((await runner.answer("echo $$").text?.dropLast()).flatMap { Int32($0) })
            #expect(kill(pid, 0) != 0)
            _ = await runner.answer(ProgramCall(words: ["komoku-no-such-program"], input: "x"))
        }
        // Other tests have some at the same time.
        #expect(Self.descriptors < before + 150)
    }

    private static var descriptors: Int { (0..<1024).count { fcntl($0, F_GETFD) >= 0 } }

    private static func pids(in file: String) throws -> [Int32] {
        let text = try String(contentsOfFile: file)
        return text.split { $0 == " " || $0 == "\n" }.compactMap { Int32($0) }
    }

    /// It may be waited for by whoever took it over: then it is a zombie of somebody else.
    private static func isGone(_ pid: Int32) -> Bool {
        if kill(pid, 0) != 0 { return true }
        guard let stat = try? String(contentsOfFile: "/proc/\(pid)/stat") else { return true }
        return stat.contains(") Z ") || stat.contains(") X ")
    }
}

extension String {
    fileprivate init(contentsOfFile path: String) throws {
        guard let file = fopen(path, "re") else { throw ChildProcess.Failure(description: "no file \(path)") }
        defer { fclose(file) }
        var bytes = [UInt8](repeating: 0, count: 65_536)
        let count = fread(&bytes, 1, bytes.count, file)
        self.init(decoding: bytes.prefix(count), as: UTF8.self)
    }
}
