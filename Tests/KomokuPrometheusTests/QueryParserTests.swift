import Foundation
import KomokuPrometheus
import Testing

struct QueryParserTests {
    private func fault(in text: String) -> String? {
        do {
            _ = try Query(text)
            return nil
        } catch {
            #expect(error.kind == .badData && error.status == 400)
            return error.message
        }
    }

    @Test(arguments: [
        "1", "1+1", "-1^2", "0x1F", ".5e3", "inf", "\"text\"", "'its'", "`a\\b`", "time()", "(1)",
        "komoku_value", "{key=\"hall.lux\"}", "komoku_value{key=~\"hall.*\",room!=\"\",}",
        "{__name__=\"komoku_value\"}",
        "komoku_value[5m] offset 1h", "komoku_value @ 1700000000 offset -5m", "komoku_value[1h30m] @ end()",
        "SUM by (room) (komoku_value)", "sum(komoku_value) without (key)", "topk(3, komoku_value)",
        "quantile(0.9, komoku_value)", "komoku_value > bool 20", "komoku_value / on (key) komoku_value",
        "komoku_value and ignoring (unit) komoku_value or vector(1)", "# all\nkomoku_value # there is",
        "rate(komoku_value[1m])", "quantile_over_time(0.5, komoku_value[1d])", "sum", "round(komoku_value, 0.5)",
        "by{by=\"by\"}", "komoku_value{key=\"a\\u00e4\\x41\\101\"}", "2 ^ 3 ^ 2", "1 atan2 2", "hour()", "- - -1",
    ])
    func `is read`(text: String) {
        #expect(fault(in: text) == nil)
    }

    @Test(arguments: [
        ("", "1:1: parse error: no expression found in input"),
        ("1 +", "1:4: parse error: unexpected end of the query"),
        ("1 1", "1:3: parse error: unexpected \"1\""),
        ("a ? b", "1:3: parse error: unexpected character '?'"),
        ("\n ä", "2:2: parse error: unexpected character 'ä'"),
        ("\"abc", "1:1: parse error: unterminated quoted string"),
        ("\"a\\q\"", "1:3: parse error: unknown escape sequence"),
        ("5z", "1:1: parse error: bad number or duration syntax: \"5z\""),
        ("x[5m", "1:5: parse error: unexpected end of the query in a range, expected \"]\""),
        ("x[0s]", "1:3: parse error: duration must be greater than 0"),
        ("x[5]", "1:3: parse error: unexpected \"5\" in a range, expected a duration such as 5m"),
        ("(1)[5m]", "1:4: parse error: ranges only allowed for vector selectors"),
        (
            "x[5m:1m]",
            "1:5: parse error: subqueries are not supported: a range is [5m], of a selector such as komoku_value{room=\"hall\"}"
        ),
        ("{}", "1:1: parse error: vector selector must contain at least one non-empty matcher"),
        ("{a=~\".*\"}", "1:1: parse error: vector selector must contain at least one non-empty matcher"),
        (
            "x{a=~\"(\"}",
            "1:6: parse error: the regular expression is wrong at character 2: missing closing parenthesis"
        ),
        (
            "x{a=~\"a)|(b\"}",
            "1:6: parse error: the regular expression is wrong at character 2: unmatched closing parenthesis"
        ),
        ("x{a=b}", "1:5: parse error: unexpected \"b\" in label matching, expected string"),
        ("x{__name__=\"y\"}", "1:3: parse error: metric name must not be set twice"),
        ("1 > 2", "1:3: parse error: comparisons between scalars must use BOOL modifier"),
        ("x and 1", "1:3: parse error: set operator \"and\" not allowed in binary scalar expression"),
        ("x + bool 1", "1:5: parse error: bool modifier can only be used on comparison operators"),
        ("1 + on (a) 1", "1:3: parse error: vector matching only allowed between instant vectors"),
        ("x offset 5m offset 5m", "1:13: parse error: offset may not be set multiple times"),
        (
            "sum(x) offset 5m",
            "1:8: parse error: offset modifier must be preceded by an instant vector selector or range vector selector"
        ),
        ("rate(x)", "1:6: parse error: expected type range vector in call to function \"rate\", got instant vector"),
        ("abs()", "1:1: parse error: expected 1 argument(s) in call to \"abs\", got 0"),
        ("sum(1)", "1:5: parse error: expected type instant vector in aggregation expression, got scalar"),
        ("topk(x)", "1:1: parse error: wrong number of arguments for aggregate expression provided, expected 2, got 1"),
        (
            "-\"a\"",
            "1:1: parse error: unary expression only allowed on expressions of type scalar or instant vector, got \"string\""
        ),
        (
            "x * on (a) group_left () y",
            "1:12: parse error: group_left is not supported: series are matched one to one, with on (…) or ignoring (…)"
        ),
    ])
    func `is refused with its place`(text: String, message: String) {
        #expect(fault(in: text) == message)
    }

    @Test func `an unknown function is answered with those there are`() {
        let message = fault(in: "avg_over_tim(komoku_value[5m])") ?? ""
        #expect(
            message.hasPrefix(
                "1:1: parse error: unknown function with name \"avg_over_tim\"; did you mean 'avg_over_time'?"))
        #expect(message.contains("supported are abs, absent, absent_over_time, avg_over_time, ceil"))
        #expect(fault(in: "label_replace(x, \"a\", \"b\", \"c\", \"d\")")?.contains("supported are") == true)
    }

    @Test func `the page about Prometheus names all functions`() throws {
        let supported = try #require(fault(in: "nothing()")?.components(separatedBy: "supported are ").last)
        let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent()
        let page = try String(contentsOf: root.appending(path: "docs/prometheus.md"), encoding: .utf8)
        let rows = page.split(separator: "\n").filter { $0.hasPrefix("| of ") || $0.hasPrefix("| others ") }
        let words = rows.flatMap { $0.split(separator: "`").dropFirst().first?.split(separator: " ") ?? [] }
        #expect(words.map(String.init).sorted() == supported.components(separatedBy: ", ").sorted())
    }

    @Test(arguments: [
        String(repeating: "(", count: 5000), String(repeating: "-", count: 5000) + "1",
        String(repeating: "abs(", count: 3000), String(repeating: "1+", count: 5000) + "1",
        String(repeating: "2^", count: 5000) + "1", String(repeating: "x or ", count: 3000) + "x",
        String(repeating: "a", count: 20_000), String(repeating: "{", count: 16_000),
        String(repeating: "x[5m]", count: 3000), String(repeating: "sum by(a)(", count: 1500),
        "x{" + String(repeating: "a=\"b\",", count: 2700) + "}[",
        "x{a=~\"" + String(repeating: "(a*)*", count: 1000) + "\"}",
    ])
    func `what is too deep or too long is refused`(text: String) {
        #expect(fault(in: text) != nil)
    }

    @Test(
        arguments: [
            ("90s", 90_000), ("1h30m", 5_400_000), ("1d", 86_400_000), ("500ms", 500), ("1y2w", 32_745_600_000),
        ] as [(String, Int64)])
    func `durations`(text: String, milliseconds: Int64) {
        #expect(Query.milliseconds(of: text) == milliseconds)
    }

    @Test(arguments: ["", "5", "m", "1m1h", "1.5h", "1h1h", "99999999999999999999s", "9999999y", "-1s", "1 h"])
    func `no durations`(text: String) {
        #expect(Query.milliseconds(of: text) == nil)
    }
}
