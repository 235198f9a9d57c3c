import Komoku
import Testing

@testable import KomokuDesk

/// Which rooms are guessed from what things are called.
@Suite struct RoomGuessTests {
    private static func guess(_ devices: [String], keys: [String] = []) -> [String: RoomGuess.GuessedRoom] {
        let named = devices.map { RoomGuess.GuessedDevice(id: "id of \($0)", name: $0) }
        let rooms = RoomGuess.rooms(devices: named, keys: keys.compactMap { KeyName($0) })
        return Dictionary(rooms.map { ($0.id, $0) }) { first, _ in first }
    }

    @Test(arguments: [
        ("kitchen_lamp", "kitchen", "Kitchen"), ("Kitchen lamp", "kitchen", "Kitchen"),
        ("kitchenLamp", "kitchen", "Kitchen"), ("KITCHEN LAMP", "kitchen", "KITCHEN"),
        ("kitchen/lamp", "kitchen", "Kitchen"), ("kitchen-lamp-2", "kitchen", "Kitchen"),
        ("lamp kitchen", "kitchen", "Kitchen"), ("Temperature sensor bedroom", "bedroom", "Bedroom"),
        ("living_room_lamp", "living_room", "Living room"), ("Living Room Ceiling", "living_room", "Living Room"),
        ("livingroom tv", "livingroom", "Livingroom"), ("master bedroom lamp", "master_bedroom", "Master bedroom"),
        ("bedroom 2 lamp", "bedroom_2", "Bedroom 2"), ("bedroom 2", "bedroom", "Bedroom"),
        ("Küche Lampe", "kueche", "Küche"), ("kueche_lampe", "kueche", "Kueche"), ("Küchenlampe", "kueche", "Küche"),
        ("Wohnzimmerlampe", "wohnzimmer", "Wohnzimmer"), ("Lampe Wohnzimmer", "wohnzimmer", "Wohnzimmer"),
        ("Büro Steckdose", "buero", "Büro"), ("Gäste WC Licht", "gaeste_wc", "Gäste WC"),
        ("Badezimmer Feuchte", "badezimmer", "Badezimmer"), ("Bad", "bad", "Bad"),
        ("Lampa w kuchni kuchnia", "kuchnia", "Kuchnia"), ("kuchnia_światło", "kuchnia", "Kuchnia"),
        ("Łazienka czujnik ruchu", "lazienka", "Łazienka"), ("lazienka lampa", "lazienka", "Lazienka"),
        ("Pokój dzienny roleta", "pokoj_dzienny", "Pokój dzienny"),
        ("duża sypialnia lampa", "duza_sypialnia", "Duża sypialnia"),
        ("Przedpokój drzwi", "przedpokoj", "Przedpokój"), ("garden_pump", "garden", "Garden"),
        ("\u{202E}kitchen\u{202C}x", "kitchen", "Kitchen"),
    ])
    func aDeviceIsInTheRoomThatItIsCalledAfter(name: String, id: String, shown: String) {
        let rooms = Self.guess([name])
        #expect(rooms.count == 1, "\(rooms.keys)")
        #expect(rooms[id]?.name == shown && rooms[id]?.devices == ["id of \(name)"], "\(rooms)")
        #expect(rooms[id]?.icon != nil)
    }

    @Test(arguments: [
        "0x00158d0001a2b3c1", "shellyplus1-a8032abc", "tasmota_4F2A11", "Lamp", "lamp 2", "", " ", "🙂", "Bridge",
        "IKEA of Sweden", "TS0601", "motion sensor", "badge", "hallo", "officejet", "bathtub_x",
        String(repeating: "a", count: 5000),
    ])
    func whatIsCalledAfterNoRoomIsInNone(name: String) {
        #expect(Self.guess([name]).isEmpty, "\(Self.guess([name]))")
    }

    @Test func aWordThatSeveralThingsShareIsARoom() {
        let rooms = Self.guess([
            "den_lamp", "den_motion", "annex lamp", "Plug washer", "Plug dryer", "aqara door", "aqara lamp",
        ])
        #expect(rooms.keys.sorted() == ["den"])
        #expect(rooms["den"]?.devices.count == 2 && rooms["den"]?.icon == nil)
    }

    @Test func keysOfNoDeviceAreInTheRoomThatTheyBeginWith() {
        let rooms = Self.guess(
            ["kitchen_lamp", "den lamp", "den motion"],
            keys: [
                "kitchen.temperature", "kitchen.humidity", "den.lux", "living_room.lux", "hub.version",
                "office_network.up", "lux",
            ])
        #expect(rooms["kitchen"]?.keys == ["kitchen.**"] && rooms["kitchen"]?.devices.count == 1)
        #expect(rooms["den"]?.keys == ["den.**"])
        #expect(rooms["living_room"]?.keys == ["living_room.**"])
        #expect(rooms.keys.sorted() == ["den", "kitchen", "living_room"])
    }

    @Test func oneNameWrittenInManyWaysIsOneRoom() {
        let rooms = Self.guess(["Living room lamp", "living_room_tv", "livingRoomFan", "LIVING ROOM BLIND"])
        #expect(rooms.keys.sorted() == ["living_room"] && rooms["living_room"]?.devices.count == 4)
    }

    @Test func aLargeHouseIsGuessedAtOnceAndAlwaysTheSame() {
        let places = ["kitchen", "Wohnzimmer", "łazienka", "hall", "garage", "office", "Büro", "den", "0x00158d"]
        for count in [1, 200, 4000] {
            let names = (0..<count).map { "\(places[$0 % places.count])_lamp_\($0 / places.count)" }
            let begin = ContinuousClock.now
            let rooms = Self.guess(names)
            #expect(ContinuousClock.now - begin < .seconds(10))
            #expect(rooms.count == min(count, places.count) - (count >= places.count ? 1 : 0))
            #expect(Self.guess(names.reversed()).mapValues { $0.devices.count } == rooms.mapValues { $0.devices.count })
        }
        #expect(Self.guess([]).isEmpty)
    }
}
