import Glibc
import Komoku
import KomokuTesting
import Testing

struct TLSProgramTests {
    private func with(_ body: (String) throws -> Void) throws {
        let folder = try TemporaryFolder()
        defer { folder.remove() }
        try body(folder.path("tls"))
    }

    @Test func initMakesCertificatesAndSaysHowToUseThem() throws {
        try with { folder in
            let made = try BuiltProgram.run(["tls", "init", "--dir", folder, "--name", "hub.lan"])
            #expect(made.code == 0, "\(made.complaint)")
            #expect(made.output.contains("Authority    \(folder)/ca.pem, until 20"))
            #expect(made.output.contains("hub.lan, "))
            #expect(made.output.contains("listen: [{port: 7274, tls: {certificate: \(folder)/hub.pem"))
            #expect(!made.output.contains("PRIVATE"))
            let again = try BuiltProgram.run(["tls", "init", "--dir", folder])
            #expect(again.code == 1)
            #expect(again.complaint.contains("ca.key already exists; 'komoku tls renew'"))
        }
    }

    @Test func showAndRenewAnswerProgramsToo() throws {
        try with { folder in
            #expect(try BuiltProgram.run(["tls", "init", "--dir", folder, "--name", "hub.lan"]).code == 0)
            let shown = try JSON(parsing: try BuiltProgram.run(["--json", "tls", "show", "--dir", folder]).output)
            let renewed = try JSON(
                parsing: try BuiltProgram.run(["tls", "renew", "--dir", folder, "--json"]).output)
            #expect(shown["authority"] == renewed["authority"])
            let (before, after) = (shown["certificate"], renewed["certificate"])
            #expect(before?["pin"]?.string?.count == 64)
            #expect(before?["pin"] == after?["pin"])
            #expect(before?["fingerprint"] != after?["fingerprint"])
            #expect(after?["names"]?.array?.first == "hub.lan")
        }
    }

    @Test(arguments: [
        (["tls", "show"], 1 as Int32, "make it with 'komoku tls init'"),
        (["tls", "renew"], 1, "renewing needs the authority's key"),
        (["tls", "share"], 2, "ca.pem"),
        (["tls", "init", "--name", "a b"], 2, "'a b' is neither a host name nor an address"),
        (["tls", "share", "--for", "soon"], 2, "'soon' is not a duration"),
    ])
    func mistakesAreSaidWithTheRemedy(words: [String], code: Int32, text: String) throws {
        try with { folder in
            let ended = try BuiltProgram.run(words + ["--dir", folder])
            #expect(ended.code == code)
            #expect(ended.complaint.contains(text), "\(ended.complaint)")
        }
    }

    @Test func withoutOpenSSLTheProgramSaysWhatToInstall() throws {
        try with { folder in
            let ended = try BuiltProgram.run(["tls", "init", "--dir", folder], environment: ["PATH=/nowhere"])
            #expect(ended.code == 1)
            #expect(ended.complaint.contains("sudo apt install openssl"), "\(ended.complaint)")
        }
    }

    @Test func phonesFetchTheAuthority() throws {
        try with { folder in
            #expect(try BuiltProgram.run(["tls", "init", "--dir", folder]).code == 0)
            let script = """
                "$0" tls share --dir "$1" --port 0 --for 3s >"$1/said" & sleep 1
                port=$(sed -n 's,^http://.*:\\([0-9]*\\)/ca.crt$,\\1,p' "$1/said")
                for path in /ca.crt /other; do
                  exec 3<>/dev/tcp/127.0.0.1/$port && printf 'GET %s HTTP/1.1\\r\\n\\r\\n' $path >&3 && cat <&3
                done
                wait
                """
            let ended = try BuiltProgram.shell(script, [folder])
            #expect(ended.contains("application/x-x509-ca-cert"), "\(ended)")
            #expect(ended.contains("-----BEGIN CERTIFICATE-----"), "\(ended)")
            #expect(ended.contains("404 Not Found"), "\(ended)")
        }
    }
}
