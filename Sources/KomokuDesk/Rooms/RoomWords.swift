/// What rooms, and things in them, are called.
enum RoomWords {
    /// A word for a room, folded, and what is shown beside it.
    static let rooms: [String: String] = {
        var icons: [String: String] = [:]
        for (icon, words) in lists {
            for word in words.split(separator: " ") { icons[RoomName.folded(word.replacing("_", with: " "))] = icon }
        }
        return icons
    }()

    /// Words of several parts are joined by `_`. English, German, Polish.
    private static let lists: [(icon: String, words: String)] = [
        ("pot", "kitchen kitchenette scullery pantry küche kochnische speisekammer kuchnia spiżarnia"),
        (
            "sofa",
            "living_room livingroom living lounge sitting_room family_room wohnzimmer stube salon pokój_dzienny"
        ),
        (
            "bed",
            "bedroom bed_room schlafzimmer gästezimmer sypialnia guest_room guestroom pokój_gościnny"
        ),
        (
            "child",
            "nursery kids_room kidsroom childrens_room playroom kinderzimmer babyzimmer spielzimmer pokój_dziecięcy dziecięcy"
        ),
        (
            "bath",
            "bathroom bath_room bath shower shower_room ensuite badezimmer bad dusche łazienka prysznic"
        ),
        ("toilet", "toilet wc lavatory restroom gästewc klo toaleta ubikacja"),
        (
            "table", "dining_room diningroom dining esszimmer jadalnia"
        ),
        (
            "desk", "office study home_office workroom arbeitszimmer büro homeoffice gabinet biuro"
        ),
        (
            "door",
            "hall hallway corridor entrance entry foyer lobby porch vestibule flur diele gang eingang hausflur vorraum windfang korytarz przedpokój hol wiatrołap"
        ),
        ("stairs", "stairs staircase stairway stair landing treppe treppenhaus schody klatka_schodowa klatka"),
        ("roof", "attic loft dachboden speicher dachgeschoss strych poddasze"),
        (
            "box",
            "basement cellar storage storeroom keller lager abstellraum abstellkammer piwnica schowek składzik closet wardrobe dressing_room ankleide garderobe garderoba"
        ),
        ("washer", "laundry laundry_room utility utility_room waschküche hauswirtschaftsraum pralnia"),
        ("boiler", "boiler_room heizungsraum heizraum kotłownia plant_room"),
        ("car", "garage carport driveway einfahrt garaż podjazd"),
        ("tool", "workshop shed werkstatt schuppen warsztat szopa"),
        (
            "tree",
            "garden yard backyard patio terrace balcony greenhouse outside outdoor garten terrasse balkon gewächshaus draußen aussen hof ogród taras szklarnia podwórko zewnątrz"
        ),
        ("music", "cinema media_room theatre theater heimkino kino"),
        ("gym", "gym fitness sauna pool siłownia basen schwimmbad"),
    ]

    /// What stands before a room's word and belongs to it.
    static let qualifiers: Set<String> = words(
        """
        master main guest guests kids kid child children small big large little upper lower upstairs downstairs ground first second
        third front back rear north south east west left right outer inner old new
        eltern gäste kinder groß große kleine klein kleines großes obere untere oberes unteres hinterer vorderer
        mała mały małe duża duży duże górna górny dolna dolny
        """)

    /// Things that are in rooms: where several devices share the word before one of these, that word is a room.
    static let things: Set<String> = words(
        """
        lamp lamps light lights bulb ceiling strip led spot spots chandelier switch dimmer button remote plug socket outlet relay sensor motion
        pir presence occupancy temperature temp humidity climate thermostat radiator heater heating valve trv window windows door doors contact
        blind blinds shutter shutters cover curtain curtains roller fan siren lock smoke leak water co2 air quality pressure lux illuminance
        camera tv speaker player meter power energy vibration tilt scene knob cube bell doorbell tracker weather rain wind
        lampe lampen licht lichter leuchte decke deckenlampe stehlampe schalter taster steckdose sensor bewegung bewegungsmelder temperatur
        feuchte heizung heizkörper thermostat ventil fenster tür rollo rolladen rollladen jalousie vorhang rauchmelder wasser zähler strom
        lampa lampy światło żarówka włącznik przełącznik przycisk gniazdko czujnik ruch ruchu temperatura wilgotność termostat grzejnik
        okno drzwi roleta rolety zasłona zamek dym czujka licznik prąd
        """)

    private static func words(_ text: String) -> Set<String> {
        Set(text.split { $0 == " " || $0 == "\n" }.map { RoomName.folded($0) })
    }

    /// Words of three letters and fewer are parts of too many others to be looked for inside of a word.
    static let shortestInside = 4
}
