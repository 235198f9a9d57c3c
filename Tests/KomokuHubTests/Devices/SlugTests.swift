import Komoku
import KomokuTesting
import Testing

@testable import KomokuHub

@Suite struct SlugTests {
    @Test(arguments: [
        ("kitchen_climate", "kitchen_climate"), ("Kitchen Climate", "kitchen_climate"), ("KITCHEN", "kitchen"),
        ("upstairs/lamp", "upstairs_lamp"), ("v1.2 lamp", "v1_2_lamp"), ("a+b#c", "a_b_c"), ("_x_", "x"),
        ("  lamp !!", "lamp"), ("🛋️ sofa 🛋️", "sofa"), ("Küche", "küche"), ("Ku\u{308}che", "ku\u{308}che"),
        ("ÜBER", "über"), ("Кухня", "кухня"), ("台所", "台所"), ("a\u{0}b\nc", "a_b_c"), ("{1}*", "1"), ("a--b", "a--b"),
        ("a_ _b", "a___b"),
    ])
    func aDeviceIsOneSegment(name: String, slug: String) {
        #expect(Array((Slug.device(name, DeviceID("0x01"))?.text ?? "").utf8) == Array(slug.utf8))
    }

    @Test(arguments: ["🛋️", "", "...", "/", "___", "+#"])
    func aDeviceWithoutLettersIsCalledAsItsID(name: String) {
        #expect(Slug.device(name, DeviceID("0x00158D00"))?.text == "0x00158d00")
        #expect(Slug.device(name, DeviceID("💡"))?.text == "device")
    }

    @Test(arguments: [
        ("temperature", "temperature"), ("ENERGY.Power.1", "energy.power.1"), ("Stair PIR", "stair_pir"),
        ("a..b", "a.b"), (".", "value"), ("🔥", "value"), ("", "value"), ("POWER1", "power1"), ("x.🔥.y", "x.y"),
        ("color/x", "color_x"),
    ])
    func aPropertyKeepsItsLevels(name: String, slug: String) {
        #expect(Slug.property(name) == slug)
    }

    @Test func longNamesAreCutBetweenScalarsAndDifferByTheirHash() throws {
        let first = String(repeating: "ü", count: 300)
        let part = try #require(Slug.device(first, DeviceID("a")))
        #expect(part.text.utf8.count <= 127)
        #expect(part.text == String(repeating: "ü", count: 59) + "_" + Slug.hash(first))
        #expect(Slug.device(first + "x", DeviceID("a")) != part)
        let key = try #require(Slug.key(part, String(repeating: "a.", count: 300)))
        #expect(key.text.utf8.count <= 255)
        #expect(key.text.hasPrefix(part.text + ".a.a."))
        #expect(Slug.suffixed(key, "2").text.utf8.count <= 255)
        #expect(Slug.suffixed(key, "2") != key)
    }

    @Test func theHashIsTheSameEverywhere() {
        #expect(Slug.hash("") == "811c9dc5")
        #expect(Slug.hash("foobar") == "bf9cf968")
    }

    @Test func anIDTellsDevicesApartByItsEnd() {
        #expect(Slug.tails(of: DeviceID("AA:BB:CC")) == ["bbcc", "abbcc", "aabbcc"])
        #expect(Slug.tails(of: DeviceID("7")) == ["7"])
        #expect(Slug.tails(of: DeviceID("💡")) == [])
    }

    /// Whatever a name holds, a key is a key.
    @Test func anyTextBecomesAKey() {
        var random = SplitMix(seed: 7)
        let scalars: [ClosedRange<UInt32>] = [0...0x7F, 0x80...0x24F, 0x300...0x36F, 0x1F300...0x1F6FF, 0x0...0xD7FF]
        for _ in 0..<3000 {
            var text = String.UnicodeScalarView()
            for _ in 0..<Int.random(in: 0...400, using: &random) {
                let range = scalars[Int.random(in: 0..<scalars.count, using: &random)]
                text.append(Unicode.Scalar(UInt32.random(in: range, using: &random)) ?? "x")
            }
            let name = String(text)
            let part = Slug.device(name, DeviceID(name))
            #expect(part != nil)
            #expect(part.flatMap { Slug.key($0, name) } != nil, "\(name.debugDescription)")
        }
    }
}
