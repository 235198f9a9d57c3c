import Komoku
import Testing

@testable import KomokuMQTT

struct TasmotaTopicsTests {
    @Test(arguments: [
        ("%prefix%/%topic%/", "cmnd/lamp/", "tele/lamp/"),
        ("%topic%/%prefix%/", "lamp/cmnd/", "lamp/tele/"),
        ("%prefix%/%topic%", "cmnd/lamp/", "tele/lamp/"),
        ("home/%prefix%/ground floor/%topic%/x/", "home/cmnd/ground floor/lamp/x/", "home/tele/ground floor/lamp/x/"),
        ("tasmota/%topic%/%id%/%prefix%/", "tasmota/lamp/D4E5F6/cmnd/", "tasmota/lamp/D4E5F6/tele/"),
        ("%prefix%//%hostname%/", "cmnd/host-1/", "tele/host-1/"),
        ("%topic%/", "lamp/cmnd/", "lamp/"),
        ("100%/%prefix%/%topic%/%unknown%/", "100%/cmnd/lamp/%unknown%/", "100%/tele/lamp/%unknown%/"),
    ])
    func `a full topic has its tokens in any order`(_ pattern: String, commands: String, telemetry: String) throws {
        let home = TasmotaReplay()
        home.discover("lamp", "\"ft\":\"\(pattern)\"", "\"rl\":[1]")
        home.send(telemetry + "STATE", #"{"Time":"2026-03-14T08:00:00","POWER":"ON"}"#)
        #expect(home.value("POWER") == .boolean(true))
        #expect(home.command("POWER", .boolean(false)) == "\(commands)POWER OFF")
        #expect(home.source.filters.contains { matches($0, telemetry + "STATE") })
        #expect(!home.source.filters.contains { matches($0, commands + "POWER") })
    }

    private func matches(_ filter: String, _ topic: String) -> Bool {
        let (filter, topic) = (filter.split(separator: "/"), topic.split(separator: "/"))
        return filter.count == topic.count && zip(filter, topic).allSatisfy { $0 == "+" || $0 == $1 }
    }

    @Test func `the prefixes can be other words`() {
        let home = TasmotaReplay()
        home.discover("lamp", #""tp":["befehl","antwort","fern"]"#, #""rl":[1,1]"#)
        home.send("antwort/lamp/POWER2", "ON")
        home.send("tele/lamp/STATE", #"{"Time":"x","POWER1":"ON"}"#)
        #expect(home.value("POWER2") == .boolean(true))
        #expect(home.value("POWER1") == nil)
        #expect(home.command("POWER1", .boolean(true)) == "befehl/lamp/POWER1 ON")
        #expect(home.source.filters.contains("antwort/lamp/+"))
    }

    @Test func `two devices that swap their topics are told apart by what they said last`() {
        let home = TasmotaReplay()
        let other = "0000000000FF"
        home.discover("a", #""rl":[1]"#)
        home.discover("b", mac: other, #""rl":[1]"#)
        home.discover("b", #""rl":[1]"#)
        home.discover("a", mac: other, #""rl":[1]"#)
        home.send("stat/a/POWER", "ON")
        home.send("stat/b/POWER", "OFF")
        #expect(home.value("POWER") == .boolean(false))
        #expect(home.value("POWER", of: other) == .boolean(true))
        #expect(home.command("POWER", .boolean(true)) == "cmnd/b/POWER ON")
    }

    @Test func `a device that shares a topic is heard again once the other is gone`() {
        let home = TasmotaReplay()
        home.discover("a", #""rl":[1]"#)
        home.discover("a", mac: "0000000000FF", #""rl":[1]"#)
        home.send("tasmota/discovery/0000000000FF/config", "")
        home.send("stat/a/POWER", "ON")
        #expect(home.value("POWER") == .boolean(true))
    }

    @Test func `commands are never states`() {
        let home = TasmotaReplay()
        home.discover("lamp", #""rl":[1]"#)
        for topic in ["cmnd/lamp/POWER", "cmnd/tasmotas/POWER", "cmnd/lamp/STATE"] { home.send(topic, "ON") }
        #expect(home.value("POWER") == nil)
        #expect(home.replay.letters.isEmpty)
    }
}
