package import Komoku

extension Hub {
    /// What the sections `hub` and `keys` of the configuration say.
    package struct Configuration: Hashable, Sendable {
        /// The name of this hub; part of its MQTT client id.
        package var name = "komoku"
        /// A zone of the system's database: `Europe/Warsaw`. Nil is the system's own.
        package var timeZone: String?
        package var location: Location?
        /// In the order of the file.
        package var keys: KeyEntries = []
        /// What makes keys of messages.
        package var sources = KeySources()
        /// What devices and their keys are called.
        package var deviceNames = DeviceNames()
        /// Keys of another hub, for one that plays it: made here they are what they are there.
        package var playedKeys: KeyCatalogue?
        /// The sources of devices that are switched on, by their words; nil is all. The devices of others are not there.
        package var deviceSources: Set<String>?
        /// The most devices of the catalogue, and properties of all of them, gone ones too; further ones are refused.
        package var maximumDevices = 20_000
        package var maximumProperties = 200_000
        /// The most properties of one device; further ones are left out.
        static let maximumPropertiesOfDevice = 1024
        /// The most keys that the hub makes; further ones are refused.
        package var maximumKeys = 1_000_000

        package init() {}

        package struct Location: Hashable, Sendable {
            /// Degrees north.
            package var latitude: Double
            /// Degrees east.
            package var longitude: Double

            package init(latitude: Double, longitude: Double) {
                self.latitude = latitude
                self.longitude = longitude
            }
        }

        /// One entry of `keys`: options for every key that matches.
        package struct KeyEntry: Hashable, Sendable {
            package var pattern: KeyPattern
            package var type: KeyType?
            package var options: [JSON.Member]

            package init(pattern: KeyPattern, type: KeyType?, options: [JSON.Member]) {
                self.pattern = pattern
                self.type = type
                self.options = options
            }
        }

        /// The options that the entries give to a key, the least specific first.
        package func options(of name: KeyName) -> [JSON.Member] {
            keys.matching(name).flatMap(\.options)
        }

        /// The type that the most specific entry with one gives to a key.
        package func type(of name: KeyName) -> KeyType? {
            keys.matching(name).last { $0.type != nil }?.type
        }

        /// The type of a key that is made by something else than a message: what names it says more than a pattern.
        func typeOfNew(_ name: KeyName) -> KeyType? {
            if let type = keys.entry(named: name)?.type { return type }
            return sources.maker(of: name).flatMap { $0.isNamed ? $0.type : nil } ?? type(of: name)
                ?? playedKeys?[name]?.type
        }
    }
}
