import Komoku
import KomokuTesting
import Testing

@testable import KomokuHub

/// Long random lives of devices.
@Suite struct DeviceLifeTests {
    /// What must hold whatever happened: each property has a key of its own, with all that it ever said.
    private struct Life {
        let house: DeviceHouse
        var random: SplitMix
        /// What each present property said since it last got another type or was forgotten.
        var said: [String: [String: [String]]] = [:]
        var devices: [String: DeviceDescription] = [:]
        var counter = 0.0

        private static let names = ["Lamp", "lamp", "LAMP", "Hall", "hall/lamp", "🔥", "a b", "a_b", "lamp_0001"]
        private static let properties = ["x", "X", "a b", "a_b", "y.z", "y", "online"]

        init(_ house: DeviceHouse, seed: UInt64) {
            self.house = house
            random = SplitMix(seed: seed)
        }

        mutating func step() async throws {
            switch Int.random(in: 0..<100, using: &random) {
            case 0..<30: await describe()
            case 30..<40: await swap()
            case 40..<45: await remove()
            case 45..<48: await forget()
            case 48..<49: try house.restart()
            case 49..<52: await rename()
            default: await observe()
            }
        }

        private func type(of property: String) -> KeyType {
            property == "online" ? .uptime : property == "y" ? .string : .numeric
        }

        private mutating func describe() async {
            var updates: [DeviceUpdate] = []
            for _ in 0..<Int.random(in: 1...3, using: &random) {
                let id = "id\(Int.random(in: 0..<8, using: &random))0001"
                var description = DeviceDescription(id, Self.names.randomElement(using: &random) ?? "")
                for property in Self.properties.shuffled(using: &random).prefix(Int.random(in: 0...5, using: &random)) {
                    description.properties.append(PropertyDescription(property, type(of: property)))
                }
                devices[id] = description
                updates.append(.described(description))
            }
            await house.hub.apply(updates)
        }

        private mutating func swap() async {
            let both = devices.values.sorted { $0.id < $1.id }.shuffled(using: &random).prefix(2)
            guard var first = both.first, var second = both.last, first.id != second.id else { return }
            (first.name, second.name) = (second.name, first.name)
            (devices[first.id.text], devices[second.id.text]) = (first, second)
            if Bool.random(using: &random) {
                await house.apply(first, second)
            } else {
                await house.apply(first)
                await house.apply(second)
            }
        }

        private mutating func remove() async {
            guard let id = devices.keys.sorted().randomElement(using: &random) else { return }
            devices[id] = nil
            await house.remove(id)
        }

        private mutating func forget() async {
            let gone = await house.hub.devices().filter { !$0.isPresent }.map(\.id).sorted()
            guard let id = gone.randomElement(using: &random) else { return }
            try? await house.hub.forget(id)
            said[id.text] = nil
        }

        private mutating func rename() async {
            guard let name = await house.names().shuffled(using: &random).first, let old = KeyName(name) else { return }
            counter += 1
            guard let new = KeyName("mine.k\(Int(counter))") else { return }
            try? await house.hub.rename(old, to: new)
        }

        private mutating func observe() async {
            guard let device = devices.values.sorted(by: { $0.id < $1.id }).randomElement(using: &random),
                let property = device.properties.randomElement(using: &random), property.type != .uptime
            else { return }
            counter += 1
            let text = DecimalNumber.text(counter)
            await house.observe(
                device.id.text, property.name, property.type == .string ? .string(text) : .number(counter))
            said[device.id.text, default: [:]][property.name, default: []].append(text)
        }

        func check() async throws {
            let infos = await house.hub.devices()
            let keys = infos.flatMap(\.properties).map(\.key)
            #expect(Set(keys).count == keys.count)
            for (id, description) in devices {
                let info = try #require(infos.first { $0.id.text == id })
                #expect(info.isPresent)
                #expect(info.name == description.name)
                #expect(info.properties.filter(\.isPresent).map(\.description) == description.properties)
                for property in info.properties where property.isPresent {
                    let key = try #require(await house.hub.key(property.key))
                    #expect(key.property == PropertyID(info.id, property.description.name))
                }
            }
            for info in infos {
                for property in info.properties {
                    let values = said[info.id.text]?[property.description.name] ?? []
                    let history = try await house.history(property.key.text)
                    // What was adopted has a history from before.
                    #expect(history.suffix(values.count).elementsEqual(values), "\(info.id) \(property.key)")
                }
            }
        }
    }

    @Test(arguments: [1, 2, 3, 4, 5] as [UInt64])
    func propertiesNeverShareAKeyAndKeepWhatTheySaid(seed: UInt64) async throws {
        try await DeviceHouse.run {
            let all = try KeyPattern(validating: "**")
            $0.keys = [.init(pattern: all, type: nil, options: [JSON.Member("same_value_resolution", 0)])]
        } _: { house in
            var life = Life(house, seed: seed)
            for step in 0..<1000 {
                try await life.step()
                if step % 50 == 49 { try await life.check() }
            }
            try house.restart()
            try await life.check()
        }
    }

    /// 200 devices of 12 properties: the time is printed, and far from what would be felt.
    @Test func manyDevicesAreAppliedFast() async throws {
        try await DeviceHouse.run { house in
            let devices = (0..<200).map { number in
                var device = DeviceDescription("0x\(100_000 + number)", "Device \(number)")
                device.properties = (0..<12).map { PropertyDescription("property_\($0)", .numeric, unit: "W") }
                return device
            }
            let updates = devices.map(DeviceUpdate.described)
            let clock = ContinuousClock()
            let first = await clock.measure { await house.hub.apply(updates) }
            let again = await clock.measure { await house.hub.apply(updates) }
            print("2400 properties: \(first), unchanged: \(again)")
            #expect(await house.hub.keyCount == 2400)
            #expect(first < .seconds(20))
            #expect(again < .seconds(5))
        }
    }
}
