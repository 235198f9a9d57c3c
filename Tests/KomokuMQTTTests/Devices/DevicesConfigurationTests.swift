import Testing

@testable import KomokuMQTT

@Suite struct DevicesConfigurationTests {
    private func devices(_ yaml: String) -> (DevicesConfiguration, [String]) {
        let (configuration, problems) = read("mqtt: {}\ndevices:\n" + yaml)
        return (configuration.devices, problems)
    }

    @Test(arguments: ["  tasmota: {}", "  tasmota:", "  tasmota: true", "  tasmota: {discovery: tasmota/discovery}"])
    func `an empty value means the default`(yaml: String) {
        let (devices, problems) = devices(yaml)
        #expect(problems == [] && devices.tasmota == ["tasmota/discovery"])
    }

    @Test func `every family is switched on and off`() {
        let (devices, problems) = devices(
            """
              zigbee2mqtt: [{base: home/z2m}, {base: garden}]
              homeassistant: {prefix: ha}
              tasmota: false
              shelly: {}
              esphome: true
              homie: {domains: [homie, other]}
              json: ["rtl_433/+/events", "sensors/#"]
            """)
        var expected = DevicesConfiguration()
        expected.zigbee2mqtt = ["home/z2m", "garden"]
        expected.homeAssistant = ["ha"]
        (expected.hasShelly, expected.hasESPHome) = (true, true)
        expected.homie = ["homie", "other"]
        expected.json = ["rtl_433/+/events", "sensors/#"]
        expected.zone = devices.zone
        #expect(problems == [] && devices == expected)
        #expect(devices.makeSources().map(\.name).count == 6)
        #expect(self.devices("  json: a/b").0.json == ["a/b"])
    }

    @Test(arguments: [
        ("  zigbe2mqtt: {}", "'devices' has no setting 'zigbe2mqtt'; did you mean 'zigbee2mqtt'?"),
        ("  zigbee2mqtt: {bas: x}", "'zigbee2mqtt' has no setting 'bas'; did you mean 'base'?"),
        ("  zigbee2mqtt: {base: 'a/+'}", "a wildcard cannot stand here"),
        ("  zigbee2mqtt: [{base: a}, {base: a/b}]", "'a/b' of 'zigbee2mqtt' overlaps 'a' of 'zigbee2mqtt'"),
        ("  zigbee2mqtt: {base: komoku}", "overlaps 'komoku' of the hub itself"),
        ("  shelly: {x: 1}", "'shelly' has no setting 'x'"),
        ("  json: 'a/{b}'", "captures such as {room} are for 'map'"),
        ("  homie: {domains: [a/b]}", "it is more than one level, or has a wildcard"),
        ("  tasmota: 5", "'tasmota' expects a mapping, found '5'; write 'tasmota: {discovery: tasmota/discovery}'"),
        ("  zigbee2mqtt: garden/z2m", "write 'zigbee2mqtt: {base: garden/z2m}', or 'true' for what is usual"),
        ("  homeassistant: [ha]", "write 'homeassistant: {prefix: ha}', or 'true' for what is usual"),
        ("  shelly: yes", "write 'shelly: {}', or 'true' for what is usual"),
        ("  homie: homie", "write 'homie: {domains: [homie]}', or 'true' for what is usual"),
        ("  json: true", "write the topic, such as sensors/#; in quotes if that is really it"),
        ("  json: [a, 5]", "write the topic, such as sensors/#; in quotes if that is really it"),
        ("  tasmota: {discovery: 5}", "write the topic, such as tasmota/discovery; in quotes if that is really it"),
        ("  zigbee2mqtt: {base: true}", "write the topic, such as zigbee2mqtt; in quotes if that is really it"),
        ("  homie: {domains: [5]}", "write the topic, such as homie; in quotes if that is really it"),
    ])
    func `what is wrong is said`(yaml: String, problem: String) {
        let problems = devices(yaml).1
        #expect(
            problems.count == 1 && problems[0].contains(problem) || problems.joined().contains(problem), "\(problems)")
    }

    @Test func `a number in quotes is a topic`() {
        let (devices, problems) = devices("  tasmota: {discovery: '5'}\n  json: ['true', a/5]")
        #expect(problems == [] && devices.tasmota == ["5"] && devices.json == ["true", "a/5"])
    }

    @Test(arguments: [
        "publish: [{homeassistant: {prefix: ha, keys: 'a.*'}}, {keys: x, topic: y}]",
        "publish: {homeassistant: {prefix: ha, keys: 'a.*'}, rules: [{keys: x, topic: y}]}",
    ])
    func `our keys are announced by a list and by a mapping`(yaml: String) {
        let (configuration, problems) = read("mqtt: {}\n" + yaml)
        #expect(problems == [] && configuration.publish.count == 1)
        #expect(configuration.announcements.map(\.prefix) == ["ha"])
        #expect(configuration.publishRules.map(\.topic.text) == ["y", "komoku/{path}"])
    }
}
