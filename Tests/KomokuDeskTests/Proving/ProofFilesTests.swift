import Testing

@testable import KomokuDesk

@Suite struct ProofFilesTests {
    @Test func aListAloneBecomesASectionAndKeepsItsLines() {
        let list = "# a rule\n- name: a\n  when: {chnge: b}"
        #expect(ProofFiles.section(list) == "rules:\n" + list)
        let said = #"{"findings":[{"severity":"error","file":"rules.yaml","line":4,"column":9}]}"#
        #expect(ProofFiles.asWritten(said, of: list).contains(#""line":3,"#))
        #expect(ProofFiles.asWritten("rules.yaml:12:3: error: x", of: list) == "rules.yaml:11:3: error: x")
        let whole = "rules:\n  - name: a"
        #expect(ProofFiles.section(whole) == whole && ProofFiles.asWritten(said, of: whole) == said)
    }

    @Test func testsAreOfTheGivenRulesWhateverTheySay() {
        #expect(ProofFiles.tests("tests: []") == "tests: []\nrules: rules.yaml\n")
        #expect(ProofFiles.tests("rules: other.yaml\ntests: []") == "\ntests: []\nrules: rules.yaml\n")
    }
}
