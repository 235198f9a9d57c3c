import Glibc
import KomokuYAML
import Testing

@Suite struct DiskFilesTests {
    /// A folder of its own that is gone after `body`.
    private func withFolder(_ body: (String) throws -> Void) throws {
        var template = Array("/tmp/komoku-yaml-XXXXXX\0".utf8CString)
        let path = try #require(mkdtemp(&template).map { String(cString: $0) })
        defer {
            for name in DiskFiles().names(in: path) { unlink(path + "/" + name) }
            rmdir(path)
        }
        try body(path)
    }

    private func write(_ text: String, to path: String) {
        guard let file = fopen(path, "w") else { return }
        fputs(text, file)
        fclose(file)
    }

    @Test func `files are read up to their limit`() throws {
        try withFolder { folder in
            write("hello", to: folder + "/a")
            let text = try DiskFiles().read(folder + "/a", limit: 5)
            #expect(text == Array("hello".utf8))
            #expect(throws: FileFailure("it has more than 4 bytes")) { try DiskFiles().read(folder + "/a", limit: 4) }
            #expect(throws: FileFailure("No such file or directory")) { try DiskFiles().read(folder + "/b", limit: 4) }
            #expect(throws: FileFailure("Is a directory")) { try DiskFiles().read(folder, limit: 4) }
        }
    }

    @Test func `includes are followed on the disk`() throws {
        try withFolder { folder in
            write("include: '*.yml'", to: folder + "/k.yaml")
            write("map: [b]", to: folder + "/b.yml")
            write("map: [a]", to: folder + "/a.yml")
            let document = YAMLSource(environment: [:], files: DiskFiles()).load(folder + "/k.yaml")
            #expect(document.diagnostics.lines == [])
            #expect(document.root?["map"]?.sequence?.map(\.text) == ["a", "b"])
        }
    }

    @Test func `a folder that does not exist has no names`() {
        #expect(DiskFiles().names(in: "/nonexistent") == [])
    }

    @Test(.timeLimit(.minutes(1)), arguments: ["/dev/zero", "/dev/null", "/dev/full"])
    func `a device is no file of settings`(path: String) {
        #expect(throws: FileFailure("it is no ordinary file")) { try DiskFiles().read(path, limit: 100) }
    }

    @Test(.timeLimit(.minutes(1))) func `a pipe that nobody writes to does not wait`() {
        let path = "/tmp/komoku-pipe-\(getpid())"
        unlink(path)
        #expect(mkfifo(path, 0o600) == 0)
        defer { unlink(path) }
        #expect(throws: FileFailure("it is no ordinary file")) { try DiskFiles().read(path, limit: 100) }
    }

    @Test(.timeLimit(.minutes(1))) func `a file of the kernel that would wait does not`() {
        // It holds anything, or may not be read; that it comes to an end is what counts.
        _ = try? DiskFiles().read("/proc/kmsg", limit: 1 << 20)
        #expect(throws: FileFailure("Is a directory")) { try DiskFiles().read("/proc", limit: 100) }
    }
}
