import Komoku
import Testing

@testable import KomokuMQTT

struct WorkBudgetTests {
    /// Texts that grow until the template's part is used up, again and again.
    private static let greedy =
        "{% set a = 'x' * 4096 %}{% set b = a ~ a ~ a ~ a %}" + String(repeating: "{% set c = b | upper %}", count: 400)
        + "{{ c | length }}"

    private static func home(_ template: String, sensors: Int) -> DeviceReplay {
        let replay = DeviceReplay([HomeAssistantSource()])
        for number in 1...sensors {
            let config: JSON = [
                "state_topic": "shared/state", "unique_id": .string("u\(number)"), "value_template": .string(template),
                "device": ["identifiers": .string("d\(number)")],
            ]
            replay.send("homeassistant/sensor/s\(number)/config", config.bytes)
        }
        return replay
    }

    @Test func `three hundred templates that never end hold up nobody`() {
        let replay = Self.home(Self.greedy, sensors: 300)
        let clock = ContinuousClock()
        let time = clock.measure { replay.send("shared/state", "1") }
        #expect(time < .seconds(4))
        #expect(!replay.letters.isEmpty)
        #expect(replay.letters.allSatisfy { $0.hasPrefix("shared/state: ") })
        #expect(replay.letters.contains { $0.contains("take too long together") })
    }

    @Test func `a greedy template leaves room for the others of its message`() {
        let replay = Self.home(Self.greedy, sensors: 2)
        replay.send(
            "homeassistant/sensor/z/config",
            #"{"state_topic":"shared/state","unique_id":"z","value_template":"{{ value | int + 1 }}","unit_of_measurement":"W","device":{"identifiers":"zz"}}"#
        )
        replay.send("shared/state", "1")
        #expect(replay.value("zz", "z") == .number(2))
    }

    @Test func `the messages of a round share what they may do, and each may do a little`() {
        let replay = Self.home(Self.greedy, sensors: 8)
        replay.send(
            "homeassistant/sensor/z/config",
            #"{"state_topic":"other/state","unique_id":"z","value_template":"{{ value | int + 1 }}","unit_of_measurement":"W","device":{"identifiers":"zz"}}"#
        )
        let budget = WorkBudget()
        budget.beginRound()
        for _ in 0..<10 {
            budget.beginMessage()
            while budget.spend(1 << 16) {}
        }
        budget.beginMessage()
        #expect(budget.left == WorkBudget.least)
        replay.send("other/state", "4")
        #expect(replay.value("zz", "z") == .number(5))
    }

    @Test(arguments: [
        "{% set a = [value, value] %}" + String(repeating: "{% set a = [a, a] %}", count: 100) + "{{ a }}",
        "{% set a = [1] %}" + String(repeating: "{% set a = [a] %}", count: 600) + "{{ a }}",
        "{% set a = [value, value] %}" + String(repeating: "{% set a = a + a %}", count: 60) + "{{ '%s' * 4000 % a }}",
        "{% set a = value * 4096 %}{{ a.replace('x', a) }}", "{{ ('x' * 4096) | trim('y' * 4096) }}",
        "{% set a = value * 4096 %}{% set b = a ~ a ~ a ~ a %}{{ b.find(b ~ 'y') }}{{ b.count(a ~ 'y') }}",
        "{% for a in range(10000) %}{% for b in range(10000) %}{% for c in range(10000) %}{% endfor %}{% endfor %}{% endfor %}",
        "{% set a = [1] %}{% for b in range(10000) %}{% set c = a | map('string') | list %}{% endfor %}",
        "{% set n = namespace(a=[value]) %}{% for b in range(10000) %}{% set n.a = [n.a, n.a] %}{% endfor %}{{ n.a }}",
        "{% set n = namespace(a='x') %}{% for b in range(100) %}{% set n.a = n.a ~ n.a %}{% endfor %}{{ n.a }}",
        "{{ ('a' * 4000) | regex_replace('(a+)+$b', 'x') }}", "{{ ('a' * 4000) | regex_search('(a|aa)*b') }}",
        "{{ ('ab' * 4000) | regex_findall('(?:a|b)+c|.') | length }}",
        "{{ ('a' * 4000) | regex_match('(a?){4000}a{4000}') }}",
        "{{ ['a'] | map('map', 'map', 'map', 'map', 'map', 'map', 'map', 'map', 'map', 'map', 'upper') | list }}",
        "{{ range(10000) | list | sort(reverse=true) | unique | groupby('a') }}", "{{ '%4096d' * 4000 % 1 }}",
        "{{ ('{:>4096}' * 1000).format(1) }}", "{{ range(10000) | map('round', 2) | map('string') | sort | join }}",
        "{{ zip(range(10000), range(10000)) | list | union(range(10000)) }}", "{{ '%*d' % (2147483647, 1) }}",
        "{{ now() + timedelta(days=999999999) }}{{ timedelta(days=106751991) * 1e300 }}",
        "{{ value.zfill(-9223372036854775807 - 1) }}", "{{ value.zfill(9223372036854775807) }}",
    ])
    func `no template takes long`(text: String) throws {
        let template = try JinjaTemplate.parse(text)
        let clock = ContinuousClock()
        let time = clock.measure { _ = try? template.text(for: JinjaMessage("x")) }
        #expect(time < .seconds(2))
    }
}
