import Komoku
import KomokuTesting
import Testing

/// Rules that somebody sends to be tried, who may read neither the files nor the environment of the hub's machine.
@Suite struct ForeignRulesTests {
    private static let secret = "geheim-424242"

    private static func tried(_ rules: String, tests: String? = nil) async throws -> (code: Int32, text: String) {
        let folder = try TemporaryFolder()
        defer { folder.remove() }
        try folder.write("\(secret): 1\n", to: "secret.yaml")
        try folder.write("keys: {hall.lamp: {type: boolean}}\n", to: "komoku.yaml")
        let trial = try TemporaryFolder()
        defer { trial.remove() }
        try trial.write(rules.replacing("FOLDER", with: folder.path), to: "rules.yaml")
        var words = ["--foreign", "--json"]
        if let tests {
            try trial.write(tests.replacing("FOLDER", with: folder.path), to: "rules.test.yaml")
            words += ["--test", trial.path("rules.test.yaml")]
        } else {
            words += ["--check", "--config", folder.path("komoku.yaml"), "--rules", trial.path("rules.yaml")]
        }
        let (code, output) = try await RunningProcess.run("komokud", words, environment: ["SECRET": secret])
        return (code, output.joined(separator: "\n"))
    }

    @Test(arguments: [
        "rules: [{name: a, when: {change: \"${SECRET}\"}, then: {log: x}}]",
        "include: [FOLDER/secret.yaml]\nrules: []", "include: [\"FOLDER/*.yaml\"]\nrules: []",
        "include: [../secret.yaml]\nrules: []", "include: [rules.yaml/../../secret.yaml]\nrules: []",
        """
        rules:
          - {name: a, when: {change: hall.lamp}, then: {http: {url: "http://127.0.0.1/", headers: {A: "${SECRET}"}}}}
        notify: {targets: {b: {http: {url: "http://127.0.0.1/", token_file: FOLDER/secret.yaml}}}}
        """,
    ])
    func readNothingOfTheMachine(rules: String) async throws {
        let (code, text) = try await Self.tried(rules)
        #expect(!text.contains(Self.secret), "\(text)")
        #expect(code == 1 || text.contains("no file matches"), "\(text)")
        // As the configuration under test.
        let tests = "rules: rules.yaml\ntests: [{name: a, steps: [{advance: 1s}]}]\n"
        let tested = try await Self.tried(rules, tests: tests)
        #expect(!tested.text.contains(Self.secret), "\(tested.text)")
    }

    @Test(arguments: [
        "rules: FOLDER/secret.yaml\ntests: []", "include: [FOLDER/secret.yaml]\nrules: rules.yaml\ntests: []",
        "rules: rules.yaml\ntests: [{name: a, steps: [{reload: FOLDER/secret.yaml}]}]",
        "rules: rules.yaml\ntests: [{name: \"${SECRET}\", steps: [{advance: 1s}]}]",
    ])
    func testsReadNothingEither(tests: String) async throws {
        let (_, text) = try await Self.tried("rules: []", tests: tests)
        #expect(!text.contains(Self.secret), "\(text)")
    }
}
