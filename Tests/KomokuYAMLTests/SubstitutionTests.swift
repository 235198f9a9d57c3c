import Komoku
import KomokuYAML
import Testing

@Suite struct SubstitutionTests {
    private let environment = ["PORT": "7272", "NAME": "home", "EMPTY": "", "FLAG": "true", "_x1": "y"]

    @Test(arguments: [
        ("a: ${PORT}", "{a: 7272}"),
        ("a: '${PORT}'", "{a: '7272'}"),
        ("a: \"${PORT}\"", "{a: '7272'}"),
        ("a: ${FLAG}", "{a: true}"),
        ("a: ${EMPTY}", "{a: null}"),
        ("a: 1${PORT}", "{a: '17272'}"),
        ("a: ${PORT}${PORT}", "{a: '72727272'}"),
        ("a: mqtt://${NAME}:${PORT}/x", "{a: 'mqtt://home:7272/x'}"),
        ("${NAME}: ${_x1}", "{home: 'y'}"),
        ("a: [\"${NAME}\"]", "{a: ['home']}"),
        ("a: $${NAME}", "{a: '${NAME}'}"),
        ("a: $NAME $$ $ 5$", "{a: '$NAME $$ $ 5$'}"),
        ("a: |\n  x ${NAME}\n", "{a: 'x home\n'}"),
        ("a: &n ${NAME}\nb: *n", "{a: 'home', b: 'home'}"),
    ])
    func `variables are replaced`(text: String, expected: String) {
        #expect(outline(text, environment: environment) == expected)
    }

    @Test(arguments: [
        ("a: ${NAMES}", "a.yaml:1:4: error: the environment variable 'NAMES' is not set; did you mean 'NAME'?"),
        ("a: x ${ZZZZZZ}", "a.yaml:1:4: error: the environment variable 'ZZZZZZ' is not set"),
        (
            "a: ${1}",
            "a.yaml:1:4: error: '${' is not followed by the name of an environment variable and '}'; "
                + "write '$${' for the text '${'"
        ),
        (
            "a: ${NAME",
            "a.yaml:1:4: error: '${' is not followed by the name of an environment variable and '}'; "
                + "write '$${' for the text '${'"
        ),
    ])
    func `a variable that cannot be replaced is reported`(text: String, expected: String) {
        #expect(outline(text, environment: environment) == expected)
    }

    @Test func `without quotes a variable inside braces is explained`() {
        let problem = outline("a: {b: ${NAME}}", environment: environment)
        #expect(problem.hasSuffix("put text with '{' or '${' in quotes"))
    }

    @Test func `values from the environment are bounded`() {
        let text = "a: \"" + String(repeating: "${BIG}", count: 100) + "\""
        let problem = outline(text, environment: ["BIG": String(repeating: "x", count: 100_000)])
        #expect(problem == "a.yaml:1:4: error: values from the environment add up to more than 8388608 bytes")
    }

    @Test func `a key from the environment is reported under its variable`() {
        let problem = outline("home: 1\n${NAME}: 2", environment: environment)
        #expect(problem == "a.yaml:2:1: error: '${NAME}' is given twice, first at line 1, column 1")
    }
}
