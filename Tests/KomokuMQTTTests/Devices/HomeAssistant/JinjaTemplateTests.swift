import Komoku
import Testing

@testable import KomokuMQTT

/// The results are those of Jinja 3.1 with Home Assistant's filters; nil is an error there.
struct JinjaTemplateTests {
    struct Row: Sendable, CustomTestStringConvertible {
        let template: String
        let payload: String
        let result: String?
        var testDescription: String { template }

        init(_ template: String, _ payload: String, _ result: String?) {
            (self.template, self.payload, self.result) = (template, payload, result)
        }
    }

    private static let sample =
        ##"{"a":{"b":5},"t":21.35,"n":null,"on":true,"off":false,"s":"Hello","##
        + ##""l":[{"v":312.1},{"v":308.8}],"z":0,"f":7.0,"num":"21.5","neg":-7,"e":"","##
        + ##""big":1234567,"x-y":3,"w":"a,b,c","k":{"1":"one"},"d":"2024-05-01T10:00:00"}"##

    static let rows = [
        Row(#"{{ value_json.a.b }}"#, sample, #"5"#),
        Row(#"{{ value_json['a']["b"] }}"#, sample, #"5"#),
        Row(#"{{value_json.t}}"#, sample, #"21.35"#),
        Row(#"{{ value_json.l[0].v }}"#, sample, #"312.1"#),
        Row(#"{{ value_json['l'][1]['v'] }}"#, sample, #"308.8"#),
        Row(#"{{ value_json.l[-1].v }}"#, sample, #"308.8"#),
        Row(#"{{ value_json.l[5] }}"#, sample, #""#),
        Row(#"{{ value_json.get('t') }}"#, sample, #"21.35"#),
        Row(#"{{ value_json.get('missing') }}"#, sample, #"None"#),
        Row(#"{{ value_json.get('missing', 'unknown') }}"#, sample, #"unknown"#),
        Row(#"{{ value_json.missing }}"#, sample, #""#),
        Row(#"{{ value_json.missing.deeper }}"#, sample, nil),
        Row(#"{{ value_json.n }}"#, sample, #"None"#),
        Row(#"{{ value_json.on }}"#, sample, #"True"#),
        Row(#"{{ value_json.off }}"#, sample, #"False"#),
        Row(#"{{ value_json.f }}"#, sample, #"7.0"#),
        Row(#"{{ value_json.a }}"#, sample, #"{'b': 5}"#),
        Row(#"{{ value_json.l }}"#, sample, #"[{'v': 312.1}, {'v': 308.8}]"#),
        Row(#"{{ value_json.missing | is_defined }}"#, sample, nil),
        Row(#"{{ value_json.t | is_defined }}"#, sample, #"21.35"#),
        Row(#"{{ value_json.num | float }}"#, sample, #"21.5"#),
        Row(#"{{ value_json.num | float + 1 }}"#, sample, #"22.5"#),
        Row(#"{{ value_json.num | int }}"#, sample, #"21"#),
        Row(#"{{ value_json.s | float }}"#, sample, nil),
        Row(#"{{ value_json.s | float(0) }}"#, sample, #"0"#),
        Row(#"{{ value_json.s | int(-1) }}"#, sample, #"-1"#),
        Row(#"{{ value_json.missing | float(0) }}"#, sample, nil),
        Row(#"{{ value_json.missing | default(3) }}"#, sample, #"3"#),
        Row(#"{{ value_json.n | default(3) }}"#, sample, #"None"#),
        Row(#"{{ value_json.n | default(3, true) }}"#, sample, #"3"#),
        Row(#"{{ value_json.t | round(1) }}"#, sample, #"21.4"#),
        Row(#"{{ value_json.t | round }}"#, sample, #"21"#),
        Row(#"{{ 2.5 | round }}"#, sample, #"2"#),
        Row(#"{{ 0.125 | round(2) }}"#, sample, #"0.12"#),
        Row(#"{{ 2.675 | round(2) }}"#, sample, #"2.67"#),
        Row(#"{{ value_json.big | round(-3) }}"#, sample, #"1235000.0"#),
        Row(#"{{ value_json.t | round(1, 'floor') }}"#, sample, #"21.3"#),
        Row(#"{{ value_json.t | round(0, 'ceil') }}"#, sample, #"22"#),
        Row(#"{{ (value_json.t * 1.8 + 32) | round(2) }}"#, sample, #"70.43"#),
        Row(#"{{ (value_json.t - 32) / 1.8 }}"#, sample, #"-5.916666666666666"#),
        Row(#"{{ value_json.t * 1000 }}"#, sample, #"21350.0"#),
        Row(#"{{ 7 / 2 }}"#, sample, #"3.5"#),
        Row(#"{{ 8 / 2 }}"#, sample, #"4.0"#),
        Row(#"{{ -7 // 2 }}"#, sample, #"-4"#),
        Row(#"{{ -7 % 3 }}"#, sample, #"2"#),
        Row(#"{{ 7.5 % -2 }}"#, sample, #"-0.5"#),
        Row(#"{{ 2 ** 10 }}"#, sample, #"1024"#),
        Row(#"{{ 1 / 0 }}"#, sample, nil),
        Row(#"{{ value_json.z // 0 }}"#, sample, nil),
        Row(#"{{ 1 + 2 * 3 - 4 }}"#, sample, #"3"#),
        Row(#"{{ (1 + 2) * 3 }}"#, sample, #"9"#),
        Row(#"{{ value_json.neg | abs }}"#, sample, #"7"#),
        Row(#"{{ -5 | abs }}"#, sample, #"5"#),
        Row(#"{{ value_json.t | multiply(10) }}"#, sample, #"213.5"#),
        Row(#"{{ value_json.s | lower }}"#, sample, #"hello"#),
        Row(#"{{ value_json.s | upper }}"#, sample, #"HELLO"#),
        Row(#"{{ value_json.s | replace('l', 'L') }}"#, sample, #"HeLLo"#),
        Row(#"{{ value_json.s ~ ' ' ~ value_json.a.b }}"#, sample, #"Hello 5"#),
        Row(#"{{ value_json.s + 1 }}"#, sample, nil),
        Row(#"{{ value_json.s + '!' }}"#, sample, #"Hello!"#),
        Row(#"{{ value_json.s * 2 }}"#, sample, #"HelloHello"#),
        Row(#"{{ value_json.w.split(',')[1] }}"#, sample, #"b"#),
        Row(#"{{ value_json.w.split(',') | first }}"#, sample, #"a"#),
        Row(#"{{ value_json.w.split(',') | last }}"#, sample, #"c"#),
        Row(#"{{ value_json.w.split(',') | join('-') }}"#, sample, #"a-b-c"#),
        Row(#"{{ value_json.w | length }}"#, sample, #"5"#),
        Row(#"{{ value_json.l | length }}"#, sample, #"2"#),
        Row(#"{{ value_json.s[0:2] }}"#, sample, #"He"#),
        Row(#"{{ value_json.s[-3:] }}"#, sample, #"llo"#),
        Row(#"{{ value_json.d.split('T')[0] }}"#, sample, #"2024-05-01"#),
        Row(#"{{ 'ON' if value_json.on else 'OFF' }}"#, sample, #"ON"#),
        Row(#"{{ 'ON' if value_json.off else 'OFF' }}"#, sample, #"OFF"#),
        Row(#"{{ 'ON' if value_json.missing else 'OFF' }}"#, sample, #"OFF"#),
        Row(#"{{ 'ON' if value_json.a.b > 3 else 'OFF' }}"#, sample, #"ON"#),
        Row(#"{{ 'ON' if value_json.a.b > 3 and value_json.off }}"#, sample, #""#),
        Row(#"{{ 'ON' if value_json.s == 'Hello' }}"#, sample, #"ON"#),
        Row(#"{{ 'a' if value_json.z else 'b' if value_json.on else 'c' }}"#, sample, #"b"#),
        Row(#"{% if value_json.neg < 0 %}ON{% else %}OFF{% endif %}"#, sample, #"ON"#),
        Row(
            #"{% if value_json.z %}a{% elif value_json.neg < -10 %}b{% elif value_json.on %}c{% else %}d{% endif %}"#,
            sample, #"c"#),
        Row(#"{% if value_json.missing is defined %}{{ value_json.missing }}{% endif %}"#, sample, #""#),
        Row(#"{% if value_json.t is defined %}{{ value_json.t }}{% endif %}"#, sample, #"21.35"#),
        Row(#"{% set x = value_json.t | float %}{{ (x * 2) | round(1) }}"#, sample, #"42.7"#),
        Row(#"{% set x = 1 %}{% if value_json.on %}{% set x = 2 %}{% endif %}{{ x }}"#, sample, #"2"#),
        Row(#"{%- if true -%}  yes  {%- endif -%}"#, sample, #"yes"#),
        Row(#"text {{ value_json.a.b }} more"#, sample, #"text 5 more"#),
        Row(#"{# nothing #}{{ value_json.z }}"#, sample, #"0"#),
        Row(#"{{ iif(value_json.on, 'ON', 'OFF') }}"#, sample, #"ON"#),
        Row(#"{{ value_json.off | iif('ON', 'OFF') }}"#, sample, #"OFF"#),
        Row(#"{{ iif(value_json.n, 1, 2, 3) }}"#, sample, #"3"#),
        Row(#"{{ value_json.on == true }}"#, sample, #"True"#),
        Row(#"{{ value_json.on == 1 }}"#, sample, #"True"#),
        Row(#"{{ 'ell' in value_json.s }}"#, sample, #"True"#),
        Row(#"{{ value_json.s in ['Hello', 'Bye'] }}"#, sample, #"True"#),
        Row(#"{{ 'a' in value_json }}"#, sample, #"True"#),
        Row(#"{{ 'q' not in value_json }}"#, sample, #"True"#),
        Row(#"{{ not value_json.off }}"#, sample, #"True"#),
        Row(#"{{ value_json.off or 'other' }}"#, sample, #"other"#),
        Row(#"{{ value_json.on and 'yes' }}"#, sample, #"yes"#),
        Row(#"{{ 1 < 2 < 3 }}"#, sample, #"True"#),
        Row(#"{{ 1 < 2 > 5 }}"#, sample, #"False"#),
        Row(#"{{ value_json.s < 3 }}"#, sample, nil),
        Row(#"{{ value_json.n < 3 }}"#, sample, nil),
        Row(#"{{ value_json.missing > 3 }}"#, sample, nil),
        Row(#"{{ value_json.missing == 3 }}"#, sample, #"False"#),
        Row(#"{{ value_json.missing + 1 }}"#, sample, nil),
        Row(#"{{ value_json.t is number }}"#, sample, #"True"#),
        Row(#"{{ value_json.s is string }}"#, sample, #"True"#),
        Row(#"{{ value_json.n is none }}"#, sample, #"True"#),
        Row(#"{{ value_json.n is not none }}"#, sample, #"False"#),
        Row(#"{{ 4 is even }}"#, sample, #"True"#),
        Row(#"{{ 9 is divisibleby 3 }}"#, sample, #"True"#),
        Row(#"{{ is_number(value_json.num) }}"#, sample, #"True"#),
        Row(#"{{ value_json.num | is_number }}"#, sample, #"True"#),
        Row(#"{{ value_json.a | tojson }}"#, sample, #"{"b": 5}"#),
        Row(#"{{ value_json.l | to_json }}"#, sample, #"[{"v":312.1},{"v":308.8}]"#),
        Row(#"{{ {'0': 'off', '1': 'low'}[value_json.z | string] }}"#, sample, #"off"#),
        Row(#"{{ {'0': 'off', '1': 'low'}.get(value_json.a.b | string, 'other') }}"#, sample, #"other"#),
        Row(#"{{ ['off','low','high'][value_json.z] }}"#, sample, #"off"#),
        Row(#"{{ value_json['x-y'] }}"#, sample, #"3"#),
        Row(#"{{ value_json.k['1'] }}"#, sample, #"one"#),
        Row(#"{{ value_json.e }}"#, sample, #""#),
        Row(#"{{ value_json.e | default('empty', true) }}"#, sample, #"empty"#),
        Row(#"{{ '%.1f' | format(value_json.t) }}"#, sample, #"21.4"#),
        Row(#"{{ '%0.2f' % value_json.t }}"#, sample, #"21.35"#),
        Row(#"{{ '%03d' | format(value_json.a.b) }}"#, sample, #"005"#),
        Row(#"{{ value_json.s | trim }}"#, sample, #"Hello"#),
        Row(#"{{ '  x ' | trim }}"#, sample, #"x"#),
        Row(#"{{ 'x' ~ 1.0 }}"#, sample, #"x1.0"#),
        Row(#"{{ 1e3 }}"#, sample, #"1000.0"#),
        Row(#"{{ 0.00001 }}"#, sample, #"1e-05"#),
        Row(#"{{ 3 | float }}"#, sample, #"3.0"#),
        Row(#"{{ '0x1F' | int(0, 16) }}"#, sample, #"31"#),
        Row(#"{{ 'abc' | int }}"#, sample, nil),
        Row(#"{{ '12.7' | int }}"#, sample, #"12"#),
        Row(#"{{ ' 12 ' | int }}"#, sample, #"12"#),
        Row(#"{{ 5 | bitwise_and(4) }}"#, sample, #"4"#),
        Row(#"{{ max(value_json.t, 30) }}"#, sample, #"30"#),
        Row(#"{{ [3, 1, 2] | min }}"#, sample, #"1"#),
        Row(#"{{ [1, 2, 3] | sum }}"#, sample, #"6"#),
        Row(#"{{ value_json.s.lower() }}"#, sample, #"hello"#),
        Row(#"{{ value_json.s.startswith('He') }}"#, sample, #"True"#),
        Row(#"{{ value_json.w.replace(',', '') }}"#, sample, #"abc"#),
        Row(#"{{ ' x'.strip() }}"#, sample, #"x"#),
        Row(#"{{ value_json.keys() | list | first }}"#, sample, #"a"#),
        Row(#"{{ "it's" }}"#, sample, #"it's"#),
        Row(#"{{ ['it', "it's", 'a"b'] }}"#, sample, #"['it', "it's", 'a"b']"#),
        Row(#"{{ value_json.s | title }}"#, sample, #"Hello"#),
        Row(#"{{ 'hello world' | capitalize }}"#, sample, #"Hello world"#),
        Row(#"{{ 10 - 2 - 3 }}"#, sample, #"5"#),
        Row(#"{{ 2 ** 3 ** 2 }}"#, sample, #"64"#),
        Row(#"{{ -2 ** 2 }}"#, sample, #"4"#),
        Row(#"{{ 1 ~ 2 + 3 }}"#, sample, nil),
        Row(#"{{ not 1 == 2 }}"#, sample, #"True"#),
        Row(#"{{ true }}"#, sample, #"True"#),
        Row(#"{{ none }}"#, sample, #"None"#),
        Row(#"{{ value | float }}"#, sample, nil),
        Row("{{ value }}", sample, sample),
        Row(#"{{ value }}"#, #" 21.5 "#, #"21.5"#),
        Row(#"{{ value | float / 10 }}"#, #"215"#, #"21.5"#),
        Row(#"{{ value | lower }}"#, #"ON"#, #"on"#),
        Row(#"{{ value_json.a }}"#, #"no json"#, nil),
        Row(#"{{ value_json }}"#, #"21.50"#, #"21.5"#),
        Row(#"{{ value.split(';')[1] }}"#, #"a;b;c"#, #"b"#),
        Row(#"{{ value.split()[1] }}"#, #"a  b c"#, #"b"#),
        Row(#"{{ (value | int / 10) | round(1) }}"#, #"215"#, #"21.5"#),
        Row(#"{{ 'ON' if value == '1' else 'OFF' }}"#, #"1"#, #"ON"#),
        Row(#"{{ value_json[0] }}"#, #"[5,6]"#, #"5"#),
        Row(#"{{ value_json | length }}"#, #"[5,6]"#, #"2"#),
        Row(#"{{ value[0:3] }}"#, #"żółw"#, #"żół"#),
        Row(#"{{ value | upper }}"#, #"żółw"#, #"ŻÓŁW"#),
        Row(#"{{ value_json.a }}"#, #"{"a":1,"a":2}"#, #"2"#),
        Row(#"{{ value_json.v / 1000 }}"#, #"{"v":3011}"#, #"3.011"#),
        Row(#"{{ value_json.a }}"#, #"{"a":"1.10"}"#, #"1.10"#),
        Row(#"{{ value_json.a }}"#, #"{"a":12345678901}"#, #"12345678901"#),
        Row(#"{{ value is defined }}"#, #"x"#, #"True"#),
        Row(#"{{ value_json is defined }}"#, #"x"#, #"False"#),
    ]

    @Test(arguments: rows)
    func `a template yields what Jinja yields`(_ row: Row) throws {
        let template = try JinjaTemplate.parse(row.template)
        #expect((try? template.text(for: JinjaMessage(row.payload))) == row.result)
    }

    @Test(arguments: [
        ("{% for x in value_json %}{{ x }}", "without 'endfor'"), ("{% break %}", "in no loop"),
        ("{% for x in value recursive %}{{ loop(x) }}{% endfor %}", "stands where"),
        ("{% for x value %}{% endfor %}", "'in' is missing"),
        ("{% set x %}a", "'endset' is missing"), ("{% set value.a = 1 %}{% set b.c = 1 %}", "no namespace"),
        ("{% macro m() %}{% endmacro %}", "bounded time"), ("{% import 'x' as y %}", "bounded time"),
        ("{% call m() %}{% endcall %}", "bounded time"), ("{% while true %}{% endwhile %}", "bounded time"),
        ("{{ states('sensor.a') }}", "the function 'states'"), ("{{ value | shuffle }}", "the filter 'shuffle'"),
        ("{{ this.state }}", "the name 'this'"),
        ("{{ value.encode() }}", "the method 'encode'"), ("{{ value", "is not closed"), ("{{ 'a }}", "not closed"),
        ("{{ }}", "a value is missing"), ("{{ 1 + }}", "a value is missing"), ("{{ (1 }}", "is not closed"),
        ("{% if value %}a", "without 'endif'"), ("{% endif %}", "closes nothing"), ("{% else %}", "closes nothing"),
        ("{{ value | float(1, 2) }}", "fewer arguments"), ("{{ value | replace('a') }}", "more arguments"),
        ("{{ value | round(precise=1) }}", "takes no 'precise'"), ("{{ value is prime }}", "is not known"),
        ("{{ a b }}", "stands where it cannot"), ("{{ 1 2 }}", "stands where it cannot"), ("{{ @ }}", "not understood"),
        ("{{ 99999999999999999999 }}", "too large"),
        ("{{ [x for x in value] }}", "',' is missing before 'for'"),
    ])
    func `what is not supported is named`(_ template: String, _ reason: String) {
        do throws(JinjaTemplate.Invalid) {
            _ = try JinjaTemplate.parse(template)
            Issue.record("'\(template)' was taken")
        } catch {
            #expect(error.description.contains(reason), "\(error)")
        }
    }

    @Test(arguments: [
        ("{{ value_json.a.b }}", "a.b"), ("{{ value_json['a'][0].c }}", "a.1.c"), ("{{value_json.get('a')}}", "a"),
        ("{{ value_json.a | is_defined }}", "a"), ("{{ value_json.a | float }}", nil), ("{{ value_json['a.b'] }}", nil),
        ("{{ value_json['1'] }}", nil), ("{{ value_json.a }} W", nil), ("{{ value_json }}", nil),
        ("{{ value_json[-1] }}", nil), ("{{ value_json.get('a', 1) }}", nil),
    ])
    func `a template that only takes a leaf is a path`(_ template: String, _ path: String?) throws {
        #expect(try JinjaTemplate.parse(template).plainPath == path)
    }

    @Test func `a number needs no filter that makes one`() throws {
        #expect(try JinjaTemplate.parse("{{ value_json.a | float }}").plainNumberPath == "a")
        #expect(try JinjaTemplate.parse("{{ value_json.a | float(0) }}").plainNumberPath == nil)
        #expect(try JinjaTemplate.parse("{{ value }}").isPayload)
    }

    @Test func `texts that double at each step are given up`() throws {
        let steps = String(repeating: "{% set a = a ~ a %}", count: 400)
        let template = try JinjaTemplate.parse("{% set a = 'aaaaaaaaaa' %}" + steps + "{{ a }}")
        #expect(throws: JinjaError.self) { try template.text(for: JinjaMessage("")) }
    }

    @Test(arguments: ["(", "[", "{0:", "-", "not ", "1 if 1 else ", "1+", "a.b|", "{% if 1 %}", "value.a"])
    func `deep nesting is refused`(_ part: String) {
        for count in [30, 100, 3000] {
            let text =
                part.hasPrefix("{%")
                ? String(repeating: part, count: count) : "{{ \(String(repeating: part, count: count))1 }}"
            _ = try? JinjaTemplate.parse(text)
        }
    }

    @Test func `mutated templates neither trap nor take long`() {
        var random = DiscoveryRandom(seed: 7)
        let pieces = Self.rows.map { Array($0.template.utf8) }
        let message = JinjaMessage(Self.sample)
        for _ in 0..<6000 {
            var bytes = pieces.randomElement(using: &random) ?? []
            let other = pieces.randomElement(using: &random) ?? []
            for _ in 0..<Int.random(in: 1...4, using: &random) where !bytes.isEmpty {
                let place = Int.random(in: 0..<bytes.count, using: &random)
                switch Int.random(in: 0..<4, using: &random) {
                case 0: bytes[place] = UInt8.random(in: 0...255, using: &random)
                case 1: bytes.remove(at: place)
                case 2:
                    bytes.insert(contentsOf: other.prefix(Int.random(in: 0...other.count, using: &random)), at: place)
                default: bytes.insert(contentsOf: bytes[place...].prefix(8), at: place)
                }
            }
            let template = try? JinjaTemplate.parse(String(decoding: bytes, as: UTF8.self))
            _ = try? template?.text(for: message)
        }
    }
}

/// A generator whose numbers its seed decides.
struct DiscoveryRandom: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
}
