import Glibc
import KomokuTesting

/// A web server that treats those who ask badly, each path in its way.
struct RuleWebServer {
    let port: Int
    private let process: RunningProcess

    init() async throws {
        port = try MosquittoBroker.freePort()
        process = try RunningProcess("/usr/bin/python3", ["-u", "-c", Self.program, "\(port)"])
        try await process.line("listening")
    }

    func end() { process.end(SIGKILL) }

    private static let program = """
        import http.server, sys, time

        class Handler(http.server.BaseHTTPRequestHandler):
            def log_message(self, *arguments):
                pass

            def do_GET(self):
                try:
                    self.answer()
                except OSError:
                    pass

            def answer(self):
                if self.path == "/silent":
                    time.sleep(1000)
                elif self.path == "/again":
                    self.send_response(302)
                    self.send_header("Location", "/again")
                    self.end_headers()
                elif self.path == "/404":
                    self.send_error(404)
                else:
                    self.send_response(200)
                    self.end_headers()
                    while True:
                        self.wfile.write(b"x" * (65536 if self.path == "/flood" else 1))
                        if self.path == "/drip":
                            time.sleep(0.1)

        server = http.server.ThreadingHTTPServer(("127.0.0.1", int(sys.argv[1])), Handler)
        server.daemon_threads = True
        print("listening")
        server.serve_forever()
        """
}
