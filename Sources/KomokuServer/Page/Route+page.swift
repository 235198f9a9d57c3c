internal import KomokuYAML
internal import NIOConcurrencyHelpers
internal import NIOHTTP1
internal import NIOPosix

extension Route {
    static let page: [Route] = [
        Route(
            method: .GET, path: PathTemplate("/page/{version}/{file}"), group: .hub,
            title: "Gives a file of the web page", parameters: [.version, .file],
            work: .custom { $0.givePageFile($0.request.captures["file"] ?? "") }, admission: .anybody, types: files),
        Route(
            method: .GET, path: PathTemplate("/page/{version}/{folder}/{file}"), group: .hub,
            title: "Gives a file of the web page", parameters: [.version, .folder, .file],
            work: .custom {
                $0.givePageFile("\($0.request.captures["folder"] ?? "")/\($0.request.captures["file"] ?? "")")
            }, admission: .anybody, types: files),
    ]

    private static let files: [MediaType] = [.script, .style, .svg, .png, .manifest, .json, .html]

    fileprivate static let introduction = """
        This is Komoku, a home-automation hub.

        In a browser this address shows the house.
        The HTTP API is described at /openapi.json: curl HERE/api/keys lists all keys.
        A WebSocket at /v1 or /v2 speaks that version of its protocol; at / the one of this port.
        /-/healthy answers ok while the hub runs and stores, /-/ready while it is connected to its broker, too.
        On the command line: komoku watch '**'

        """
}

extension Parameter {
    fileprivate static let version = path("version", .text, "any: browsers keep the files of one for ever")
    fileprivate static let folder = path("folder", .text, "a folder of the page")
    fileprivate static let file = path("file", .text, "its name")
}

extension HTTPExchange {
    /// Only this page's own files, and no script in its text.
    private static let policy: HTTPHeaders = [
        "Content-Security-Policy": """
        default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; connect-src 'self' ws: wss:; \
        manifest-src 'self'; worker-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'self'
        """,
        "Referrer-Policy": "no-referrer",
    ]

    func givePage() {
        var headers: HTTPHeaders = ["Vary": "Accept"]
        guard MediaType.wanted([.text, .html], by: request.headers) == .html else {
            return answer(HTTPAnswer(status: .ok, headers: headers, body: Route.introduction))
        }
        headers.add(contentsOf: Self.policy)
        withPageFile("index.html") { [self, headers] bytes, version in
            let text = String(decoding: bytes, as: UTF8.self).replacing("{version}", with: version)
            giveFile(Array(text.utf8), .html, headers)
        }
    }

    fileprivate func givePageFile(_ path: String) {
        guard let type = MediaType(file: path) else { return refuse(.notFound("the page has no such file")) }
        withPageFile(path) { [self] bytes, version in
            var headers = Self.policy
            // A file of another version is given as well: an open page goes on after the hub was upgraded.
            let isKept = request.captures["version"] == version && version != PageSettings.unkept
            headers.add(name: "Cache-Control", value: isKept ? "max-age=31536000, immutable" : "no-cache")
            if path == "service.js" {
                let base = context.proxies.withLockedValue(\.basePath)
                headers.add(name: "Service-Worker-Allowed", value: base + "/")
            }
            giveFile(bytes, type, headers)
        }
    }

    private func giveFile(_ bytes: [UInt8], _ type: MediaType, _ headers: HTTPHeaders) {
        let tag = EntityTag(bytes)
        var headers = headers
        headers.add(name: "ETag", value: tag.text)
        if tag.isKnown(to: request.headers) { return answer(.unchanged(headers)) }
        answer(HTTPAnswer(headers: headers, content: bytes, type: type))
    }

    /// - Parameter then: called with the file and the version of all files, on any thread.
    private func withPageFile(_ path: String, then: @escaping @Sendable ([UInt8], String) -> Void) {
        let settings = context.page.withLockedValue { $0 }
        if path == "chart.js" {
            return withFile(settings.charts, then) { failure in
                "graphs are drawn with Chart.js, which is not at \(settings.charts): \(failure.reason); "
                    + "install Debian's libjs-chart.js, or say in 'page: {charts: FILE}' where it is"
            }
        }
        if let folder = settings.files {
            guard path.isPagePath else { return refuse(.notFound("the page has no such file")) }
            return withFile("\(folder)/\(path)", then) { "the page has no such file: \($0.reason)" }
        }
        guard let bytes = PageFiles.embedded[path] else { return refuse(.notFound("the page has no such file")) }
        then(bytes, PageFiles.embedded.version)
    }

    private func withFile(
        _ path: String, _ then: @escaping @Sendable ([UInt8], String) -> Void,
        _ sentence: @escaping @Sendable (FileFailure) -> String
    ) {
        NIOThreadPool.singleton.submit { [self] _ in
            do throws(FileFailure) {
                then(try DiskFiles().read(path, limit: 8 << 20), PageSettings.unkept)
            } catch {
                refuse(.notFound(sentence(error)))
            }
        }
    }
}

extension String {
    /// What the names of the page's files are made of: nothing that leads out of the folder, or ends a path early.
    fileprivate var isPagePath: Bool {
        let isPlain = utf8.allSatisfy { byte in
            byte.isLetterOrDigit || "./_-".utf8.contains(byte)
        }
        return isPlain && split(separator: "/").allSatisfy { !$0.hasPrefix(".") }
    }
}

extension UInt8 {
    fileprivate var isLetterOrDigit: Bool {
        (0x30...0x39).contains(self) || (0x61...0x7A).contains(self | 0x20)
    }
}
