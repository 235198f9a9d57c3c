import Komoku
import Testing

@testable import KomokuHub

struct KeyCatalogueTests {
    @Test func `keys and devices as the command line prints them make one catalogue`() throws {
        var catalogue = KeyCatalogue()
        try catalogue.add(
            JSON(
                parsing: """
                    {"hall.lux":{"type":"numeric","opts":{"unit":"lx"},"value":3,"device":"0x2","property":"illuminance"},
                     "lamp.brightness":{"type":"numeric","value":null,"writable":true},"phone.action":{"type":"string","opts":{"event":true}}}
                    """))
        try catalogue.add(
            JSON(
                parsing: """
                    {"devices":[{"properties":[{"key":"lamp.brightness","type":"numeric","writable":true,"class":"light","category":"config","min":0,"max":254},
                    {"key":"lamp.effect","type":"string","writable":true,"values":["blink"]},
                    {"key":"gone.x","type":"numeric","present":false}]}]}
                    """))
        func entry(_ name: String) throws -> KeyCatalogue.Entry? { catalogue[try #require(KeyName(name))] }
        #expect(try entry("hall.lux")?.access == .report)
        #expect(try entry("hall.lux")?.unit == "lx")
        #expect(try entry("hall.lux")?.hasValue == true)
        #expect(try entry("lamp.brightness")?.access == .command)
        #expect(try entry("lamp.brightness")?.maximum == 254)
        #expect(try entry("lamp.brightness")?.deviceClass == "light")
        #expect(try entry("lamp.brightness")?.isSetting == true)
        #expect(try entry("lamp.effect")?.values == ["blink"])
        #expect(try entry("phone.action")?.isEvent == true)
        #expect(try entry("gone.x") == nil)
    }

    @Test(arguments: [
        "3", #"{"a":3}"#, #"{"a b":{"type":"numeric"}}"#, #"{"devices":[{}]}"#, #"[{"properties":[{}]}]"#,
    ])
    func `what is no catalogue is refused with a reason`(text: String) throws {
        var catalogue = KeyCatalogue()
        #expect(throws: KeyCatalogue.Invalid.self) { try catalogue.add(JSON(parsing: text)) }
    }
}
