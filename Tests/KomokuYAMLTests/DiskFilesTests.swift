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
            #expect(throws: FileProblem("it has more than 4 bytes")) { try DiskFiles().read(folder + "/a", limit: 4) }
            #expect(throws: FileProblem("No such file or directory")) { try DiskFiles().read(folder + "/b", limit: 4) }
            #expect(throws: FileProblem("Is a directory")) { try DiskFiles().read(folder, limit: 4) }
        }
    }

    @Test func `an endless file is refused`() {
        #expect(throws: FileProblem("it has more than 1000 bytes")) { try DiskFiles().read("/dev/zero", limit: 1000) }
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
}
