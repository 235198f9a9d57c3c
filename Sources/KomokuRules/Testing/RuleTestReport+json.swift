package import Komoku

extension RuleTestReport {
    /// What became of all, for programs: `{"passed":N,"failed":N,"files":[{"file","passed":B,"tests":[…],"findings":[…]}]}`. A test
    /// is `{"name","line","passed":B,"seconds","failures":[{"file","line","column","message"}]}`; one that failed has also
    /// `log`, what its rules did and decided until then.
    ///
    /// - Parameter finding: how a finding of a file is told.
    package static func json(of files: [RuleTestFileOutcome], finding: (Diagnostic) -> JSON) -> JSON {
        let tests = files.flatMap(\.tests)
        let failed = tests.count { !$0.passed }
        return [
            "passed": .number(Double(tests.count - failed)), "failed": .number(Double(failed)),
            "files": .array(
                files.map { file in
                    [
                        "file": .string(file.path), "passed": .bool(file.passed && !file.tests.isEmpty),
                        "tests": .array(file.tests.map(json)), "findings": .array(file.findings.map(finding)),
                    ]
                }),
        ]
    }

    private static func json(of test: RuleTestOutcome) -> JSON {
        var members: [JSON.Member] = [
            JSON.Member("name", .string(test.name)), JSON.Member("line", .number(Double(test.position.line))),
            JSON.Member("passed", .bool(test.passed)), JSON.Member("seconds", .number(test.duration.seconds)),
            JSON.Member("failures", .array(test.failures.map(json))),
        ]
        if !test.passed { members.append(JSON.Member("log", .array(test.log.map { .string($0) }))) }
        return .object(members)
    }

    private static func json(of failure: RuleTestOutcome.Failure) -> JSON {
        [
            "file": .string(failure.position.file), "line": .number(Double(failure.position.line)),
            "column": .number(Double(failure.position.column)), "message": .string(failure.message),
        ]
    }
}
