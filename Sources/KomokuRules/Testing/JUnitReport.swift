internal import Komoku

/// The outcome of tests as XML, as CI systems read it.
package enum JUnitReport {
    package static func text(of files: [RuleTestFileOutcome]) -> String {
        var text = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites>\n"
        for file in files { text += suite(file) }
        return text + "</testsuites>\n"
    }

    private static func suite(_ file: RuleTestFileOutcome) -> String {
        let errors = file.findings.filter { $0.severity == .error }
        var cases = file.tests.map { testCase($0, file.path) }.joined()
        if !errors.isEmpty {
            let list = errors.map(\.description).joined(separator: "\n")
            cases += "    <testcase name=\"configuration\" classname=\"\(escaped(file.path))\">\n"
            cases += "      <error message=\"\(escaped(list))\"/>\n    </testcase>\n"
        }
        let failures = file.tests.count { !$0.passed }
        let count = file.tests.count + (errors.isEmpty ? 0 : 1)
        return "  <testsuite name=\"\(escaped(file.path))\" tests=\"\(count)\" failures=\"\(failures)\" "
            + "errors=\"\(errors.isEmpty ? 0 : 1)\">\n\(cases)  </testsuite>\n"
    }

    private static func testCase(_ test: RuleTestOutcome, _ path: String) -> String {
        let time = DecimalNumber.text(test.duration.seconds)
        var text = "    <testcase name=\"\(escaped(test.name))\" classname=\"\(escaped(path))\" "
        text += "file=\"\(escaped(test.position.file))\" line=\"\(test.position.line)\" time=\"\(time)\""
        if test.passed { return text + "/>\n" }
        text += ">\n"
        for failure in test.failures {
            text +=
                "      <failure message=\"\(escaped(failure.message))\">\(escaped("\(failure.position)"))</failure>\n"
        }
        if !test.log.isEmpty { text += "      <system-out>\(escaped(test.log.joined(separator: "\n")))</system-out>\n" }
        return text + "    </testcase>\n"
    }

    /// Control characters, which XML does not have, become U+FFFD.
    static func escaped(_ text: String) -> String {
        var result = ""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "&": result += "&amp;"
            case "<": result += "&lt;"
            case ">": result += "&gt;"
            case "\"": result += "&quot;"
            case "\n": result += "&#10;"
            case "\t": result += " "
            case "\0"..<" ", "\u{FFFE}", "\u{FFFF}": result += "\u{FFFD}"
            default: result.unicodeScalars.append(scalar)
            }
        }
        return result
    }
}
