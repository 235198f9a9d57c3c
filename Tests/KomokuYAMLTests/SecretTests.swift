import Komoku
import KomokuYAML
import Testing

@Suite struct SecretTests {
    @Test func `no way of printing shows a secret`() {
        let secret = Secret("hunter2")
        var dumped = ""
        dump(secret, to: &dumped)
        dump([secret], to: &dumped)
        let texts = [
            "\(secret)", String(describing: secret), String(reflecting: secret), "\([secret])", "\(["a": secret])",
        ]
        for text in texts + [dumped] { #expect(!text.contains("hunter2")) }
        #expect(secret.reveal() == "hunter2")
    }

    private func read(
        _ text: String, files: [String: String] = [:], environment: [String: String] = [:]
    ) -> (secret: String?, lines: [String]) {
        let source = YAMLSource.table(files, environment: environment)
        let document = source.parse(text, file: "etc/k.yaml")
        let report = SettingsReport(source: source, diagnostics: document.diagnostics)
        let reader = SettingsReader(
            document.root ?? YAMLNode(.refused, at: .init(file: "", line: 1, column: 1)), report: report)
        let secret = reader.secret("password")
        reader.finish()
        return (secret?.reveal(), report.diagnostics.lines)
    }

    @Test(arguments: [
        ("password: hunter2", "hunter2"), ("password: 12345", "12345"), ("password: '${PW}'", "from env"),
        ("password_file: pw", "from file"), ("password_file: /run/pw", "absolute"),
        ("password_file: cred", "credential"),
        ("password_file: ./cred", "beside"), ("password_file: ${CREDENTIALS_DIRECTORY}/cred", "credential"),
        ("{}", nil),
    ])
    func `a secret is read directly or from a file`(text: String, expected: String?) {
        let files = [
            "etc/pw": "from file\nsecond line\n", "/run/pw": "absolute\r\n", "/cred/cred": "credential",
            "etc/cred": "wrong", "etc/./cred": "beside",
        ]
        let found = read(text, files: files, environment: ["PW": "from env", "CREDENTIALS_DIRECTORY": "/cred"])
        #expect(found.lines == [])
        #expect(found.secret == expected)
    }

    @Test(arguments: [
        (
            "password: hunter2\npassword_file: pw",
            "etc/k.yaml:2:1: error: the file has 'password' and 'password_file'; keep one of them"
        ),
        (
            "password_file: no",
            "etc/k.yaml:1:16: error: 'password_file' names 'no', which cannot be read: No such file or directory"
        ),
        (
            "password_file: blank",
            "etc/k.yaml:1:16: error: 'password_file' names 'blank', which cannot be read: its first line is empty"
        ),
        (
            "password_file: '${PW}'",
            "etc/k.yaml:1:16: error: 'password_file' names '${PW}', which cannot be read: No such file or directory"
        ),
        ("password: [hunter2]", "etc/k.yaml:1:11: error: 'password' expects text, found a list"),
        ("password:", "etc/k.yaml:1:10: error: 'password' expects text, found nothing"),
        (
            "password_file: {hunter2: 1}",
            "etc/k.yaml:1:16: error: 'password_file' expects the path of a file, found a mapping"
        ),
        ("pasword: hunter2", "etc/k.yaml:1:1: error: the file has no setting 'pasword'; did you mean 'password'?"),
    ])
    func `a secret that cannot be read is reported and never shown`(text: String, expected: String) {
        let found = read(text, files: ["etc/pw": "hunter2", "etc/blank": "\nhunter2"], environment: ["PW": "hunter2"])
        #expect(found.lines == [expected])
        #expect(!found.lines.joined().contains("hunter2"))
    }
}
