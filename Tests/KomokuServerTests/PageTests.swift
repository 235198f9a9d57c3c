import FoundationEssentials
import Glibc
import Komoku
import KomokuTesting
import Testing

@testable import KomokuServer

/// The web page as the server gives it.
@Suite struct PageTests {
    private static let folder = #filePath.replacing(
        "Tests/KomokuServerTests/PageTests.swift", with: "Sources/KomokuServer/Web")

    /// Paths below the folder, as `ls` would tell them.
    private static func files(in folder: String, _ prefix: String = "") -> [String] {
        guard let directory = opendir(folder) else { return [] }
        defer { closedir(directory) }
        var names: [String] = []
        while let entry = readdir(directory) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) {
                $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            if name.hasPrefix(".") { continue }
            let isFolder = entry.pointee.d_type == UInt8(DT_DIR)
            names += isFolder ? files(in: "\(folder)/\(name)", "\(prefix)\(name)/") : [prefix + name]
        }
        return names
    }

    @Test func theProgramHasAllFilesOfTheFolder() {
        let missing = Set(Self.files(in: Self.folder)).symmetricDifference(PageFiles.embedded.paths)
        #expect(missing.isEmpty, "run Sources/CPage/list: \(missing.sorted())")
        for path in PageFiles.embedded.paths { #expect(MediaType(file: path) != nil, "\(path)") }
    }

    @Test func commentsOfWholeLinesAreLeftOut() {
        let text = """
            // one
            let a = 'x' // stays
            /** two
             * // three
             */
            /* four */
            go('/* no comment */')
            """
        let bare = String(decoding: PageFiles.uncommented(Array(text.utf8)), as: UTF8.self)
        #expect(bare == "\nlet a = 'x' // stays\n\n\n\n\ngo('/* no comment */')")
        #expect(PageFiles.uncommented(Array("a\n".utf8)) == Array("a\n".utf8))
    }

    /// What would be lost is code behind the end of a comment.
    @Test func noCodeStandsBehindAComment() throws {
        for path in PageFiles.embedded.paths where path.hasSuffix(".js") || path.hasSuffix(".css") {
            let text = try String(contentsOfFile: "\(Self.folder)/\(path)", encoding: .utf8)
            for line in text.split(separator: "\n") where line.drop(while: { $0 == " " }).hasPrefix("/*") {
                let end = line.firstRange(of: "*/")?.upperBound ?? line.endIndex
                #expect(line[end...].allSatisfy { $0 == " " }, "\(path): \(line)")
            }
        }
    }

    @Test func aBrowserGetsThePageAndOthersAnIntroduction() async throws {
        try await TestServer.run { server in
            let socket = try RawSocket(port: server.v2)
            let page = try socket.request(
                "GET", "/", headers: ["Accept: text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"])
            #expect(page.headers["content-type"] == "text/html; charset=utf-8")
            #expect(page.headers["content-security-policy"]?.contains("script-src 'self'") == true)
            #expect(page.body.contains("page/\(PageFiles.embedded.version)/main.js"))
            for accept in [["Accept: */*"], [], ["Accept: text/plain"]] {
                let text = try socket.request("GET", "/", headers: accept)
                #expect(text.headers["content-type"] == "text/plain; charset=utf-8")
                #expect(text.body.contains("/openapi.json"))
            }
        }
    }

    @Test func aFileIsKeptAsLongAsItsVersionIs() async throws {
        try await TestServer.run { server in
            let socket = try RawSocket(port: server.v2)
            let version = PageFiles.embedded.version
            let file = try socket.request("GET", "/page/\(version)/base/dom.js")
            #expect(file.headers["content-type"] == "text/javascript; charset=utf-8")
            #expect(file.headers["cache-control"] == "max-age=31536000, immutable")
            // An open page asks for files of the version before.
            let other = try socket.request("GET", "/page/older/base/dom.js")
            #expect((other.status, other.body) == (200, file.body))
            #expect(other.headers["cache-control"] == "no-cache")
            let tag = try #require(file.headers["etag"])
            #expect(
                try socket.request("GET", "/page/older/base/dom.js", headers: ["If-None-Match: \(tag)"]).status == 304)
            let worker = try socket.request("GET", "/page/\(version)/service.js")
            #expect(worker.headers["service-worker-allowed"] == "/")
        }
    }

    @Test(arguments: [
        "/page/x/none.js", "/page/x/base/none.js", "/page/x/index", "/page/x/../../etc/passwd",
        "/page/x/%2e%2e/main.js",
        "/page/x/..%2f..%2fetc%2fpasswd", "/page/x/base%2fdom.js%00.js", "/page/x/.git/config.js",
    ]) func whatIsNoFileOfThePageIsNotThere(target: String) async throws {
        for files in [nil, Self.folder] {
            var page = PageSettings()
            page.files = files
            try await TestServer.run(page: page) { server in
                let reply = try RawSocket(port: server.v2).request("GET", target)
                #expect(reply.status == 404)
            }
        }
    }

    @Test func withoutChartsTheAnswerSaysWhatToInstall() async throws {
        var page = PageSettings()
        page.charts = "/nowhere/chart.js"
        try await TestServer.run(page: page) { server in
            let reply = try RawSocket(port: server.v2).request("GET", "/page/x/chart.js")
            #expect(reply.status == 404)
            #expect(reply.json["detail"]?.string?.contains("libjs-chart.js") == true)
        }
    }
}
