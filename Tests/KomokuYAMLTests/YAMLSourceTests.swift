import Komoku
import KomokuYAML
import Testing

@Suite struct YAMLSourceTests {
    @Test(arguments: [
        ("", "{}"),
        ("# only a comment\n", "{}"),
        ("---\n...\n", "{}"),
        ("\u{FEFF}a: 1", "{a: 1}"),
        ("a: 1\nb: [x, 'y', \"z\\n\"]\n", "{a: 1, b: ['x', 'y', 'z\n']}"),
        ("%YAML 1.2\n---\na: {b: {c: d}}\n", "{a: {b: {c: 'd'}}}"),
        ("a: |\n  one\n  two\nb: >-\n  three\n  four\n", "{a: 'one\ntwo\n', b: 'three four'}"),
        ("on: off\nyes: no\n", "{on: 'off', yes: 'no'}"),
        ("a: &x [1, 2]\nb: *x\nc: *x\n", "{a: [1, 2], b: [1, 2], c: [1, 2]}"),
        ("&k key: 1\nb: *k\n", "{key: 1, b: 'key'}"),
        ("\"<<\": 1", "{<<: 1}"),
        ("a: \"x\\0y\"", "{a: 'x\0y'}"),
        ("cafe\u{301}: 1\ncaf\u{E9}: 2", "{cafe\u{301}: 1, caf\u{E9}: 2}"),
        (
            "a: !!str 5\nb: !!int '5'\nc: !!float 5\nd: !!null ''\ne: ! 5",
            "{a: '5', b: 5, c: float 5.0, d: null, e: '5'}"
        ),
        ("a: !!map {}\nb: !!seq []", "{a: {}, b: []}"),
        ("- 1\n- 2", "[1, 2]"),
    ])
    func `a good text becomes a tree`(text: String, expected: String) {
        #expect(outline(text) == expected)
    }

    @Test(arguments: [
        (
            "a: 1\nb: 2\na: 3",
            ["a.yaml:3:1: error: 'a' is given twice, first at line 1, column 1"]
        ),
        (
            "x: {1: a, '1': b, 1: c}",
            [
                "a.yaml:1:11: error: '1' is given twice, first at line 1, column 5",
                "a.yaml:1:19: error: '1' is given twice, first at line 1, column 5",
            ]
        ),
        (
            "? [a, b]\n: 1\n{c: d}: 2\n",
            [
                "a.yaml:1:3: error: a list cannot be a key; put a key that starts with '{' or '[' in quotes",
                "a.yaml:3:1: error: a mapping cannot be a key; put a key that starts with '{' or '[' in quotes",
            ]
        ),
        ("'': 1", ["a.yaml:1:1: error: the key of this entry is empty"]),
        (
            "a: &x {b: 1}\nc:\n  <<: *x\n",
            [
                "a.yaml:3:3: error: merge keys ('<<') are not supported; "
                    + "write the settings out, or use an alias for a whole value"
            ]
        ),
        (
            "a: 1\n---\nb: 2\n",
            [
                "a.yaml:2:1: error: a second document begins here; "
                    + "put it into a file of its own and name that file under 'include:'"
            ]
        ),
        (
            "a: *temp",
            ["a.yaml:1:4: error: '*temp' names no anchor '&temp' above it; put text that starts with '*' in quotes"]
        ),
        ("a: &x [*x]", ["a.yaml:1:8: error: '*x' stands inside the value of its own anchor '&x'"]),
        (
            "a: !secret x\nb: !include y.yaml\nc: !thing {}\nd: !!int z",
            [
                "a.yaml:1:4: error: the tag '!secret' is not supported; "
                    + "use '${NAME}', or a key that ends in '_file'",
                "a.yaml:2:4: error: the tag '!include' is not supported; "
                    + "name the file under 'include:' at the top of the file",
                "a.yaml:3:4: error: the tag '!thing' is not supported here; leave it out",
                "a.yaml:4:4: error: 'z' does not fit its tag '!!int'",
            ]
        ),
    ])
    func `every problem of a text is reported with its place`(text: String, expected: [String]) {
        let document = YAMLSource.table().parse(text, file: "a.yaml")
        #expect(document.diagnostics.lines == expected)
        #expect(document.root != nil)
    }

    @Test(arguments: [
        (
            "a: [1, 2\nb: 3\n",
            "a.yaml:2:2: error: the '[' at line 1, column 4 is not closed before this; "
                + "close it with ']', or write a ',' before this"
        ),
        (
            "a:\n\t- 1\n",
            "a.yaml:2:1: error: found character that cannot start any token while scanning for the next token; "
                + "indent with spaces, not with tabs"
        ),
        (
            "keys: **",
            "a.yaml:1:8: error: did not find expected alphabetic or numeric character while scanning an alias "
                + "that begins at line 1, column 7; put text that starts with '*' in quotes"
        ),
        (
            "a: {b: 1\nc: {d: 2}\n",
            "a.yaml:2:2: error: the '{' at line 1, column 4 is not closed before this; "
                + "close it with '}', or write a ',' before this"
        ),
        (
            "- a: 1\n - b: {c: 2}\n",
            "a.yaml:2:2: error: the indentation of this line fits nothing above it; "
                + "put its '-' below the '-' of the other items"
        ),
        (
            "r:\n  - a: {b: 1}\n   c: {d: 2}\n",
            "a.yaml:3:4: error: the indentation of this line fits nothing above it; "
                + "begin it in the same column as the lines that it belongs with"
        ),
        (
            "r:\n  - a: {b: 1}\n      c: {d: 2}\n",
            "a.yaml:3:7: error: the indentation of this line fits nothing above it; "
                + "begin it in the same column as the lines that it belongs with"
        ),
        (
            "r:\n  - a: b\n  c: {d: 2}\n",
            "a.yaml:3:3: error: this line belongs to no item of the list that begins at line 2; "
                + "indent it further, to where its item's other lines begin"
        ),
        (
            "r:\n  - a: b\n\n      c: d\n",
            "a.yaml:4:8: error: this line is indented further than the one above, which has a value already; "
                + "begin it in the same column as the lines that it belongs with"
        ),
        (
            "a: b: c",
            "a.yaml:1:5: error: mapping values are not allowed in this context; put text that holds ': ' in quotes"
        ),
        (
            "key: {room}.{quantity}",
            "a.yaml:1:12: error: did not find expected key while parsing a block mapping "
                + "that begins at line 1, column 1; put text with '{' or '${' in quotes"
        ),
        (
            "a: \"b",
            "a.yaml:1:6: error: found unexpected end of stream while scanning a quoted scalar "
                + "that begins at line 1, column 4"
        ),
        ("a: \u{0}", "a.yaml:1:4: error: control characters are not allowed"),
        ("é: 1\nbé\u{1}", "a.yaml:2:3: error: control characters are not allowed"),
        (
            "a: @x",
            "a.yaml:1:4: error: found character that cannot start any token while scanning for the next token; "
                + "put text that starts with '@', '`' or '%' in quotes"
        ),
    ])
    func `a syntax error ends the reading at its place`(text: String, expected: String) {
        let document = YAMLSource.table().parse(text, file: "a.yaml")
        #expect(document.diagnostics.lines == [expected])
        #expect(document.root == nil)
    }

    @Test(arguments: [
        (
            [0x61, 0x3A, 0x20, 0xFF] as [UInt8],
            "a.yaml:1:4: error: invalid leading UTF-8 octet; save the file as UTF-8 text"
        ),
        ([0xFF, 0xFE, 0x61, 0x00], "a.yaml:1:1: error: invalid leading UTF-8 octet; save the file as UTF-8 text"),
        ([0x61, 0x0A, 0xC3, 0x28], "a.yaml:2:2: error: invalid trailing UTF-8 octet; save the file as UTF-8 text"),
    ])
    func `bytes that are not UTF-8 are refused at their place`(text: [UInt8], expected: String) {
        #expect(YAMLSource.table().parse(text, file: "a.yaml").diagnostics.lines == [expected])
    }

    @Test func `a file beyond the limit is refused unread`() {
        let text = [UInt8](repeating: UInt8(ascii: "#"), count: (8 << 20) + 1)
        let document = YAMLSource.table().parse(text, file: "a.yaml")
        #expect(document.diagnostics.lines == ["a.yaml:1:1: error: the file has more than 8388608 bytes"])
    }
}
