internal import Komoku
internal import KomokuHub

/// One entry of `bridge/groups`.
struct ZigbeeGroup: Hashable {
    let number: Int
    let name: String
    /// Addresses, each once.
    let members: [DeviceID]

    static let maximumCount = 1024
    static let maximumMembers = 512

    /// Nil where it has no number or no name.
    init?(_ json: JSON) {
        guard let number = json["id"]?.number.flatMap(Int.init(exactly:)), (0...0xFFFF).contains(number),
            let name = json["friendly_name"]?.string, !name.isEmpty,
            name.utf8.count <= ZigbeeAvailability.maximumName
        else { return nil }
        self.number = number
        self.name = name
        var seen: Set<DeviceID> = []
        members = (json["members"]?.array ?? []).prefix(Self.maximumMembers)
            .compactMap { $0["ieee_address"]?.string }.map { DeviceID($0) }.filter { seen.insert($0).inserted }
    }
}

/// Groups are told as one device is; they have what all their members have.
extension Zigbee2MQTTSource {
    func takeGroups(_ message: DeviceMessage, _ news: inout DeviceNews) {
        if message.payload.isEmpty { return }
        guard isNew(message) else { return }
        guard message.payload.count <= 1 << 20, let list = try? message.json(), let items = list.array else {
            hashes[message.topic] = nil
            return news.refuse("the list of groups is no JSON array, or longer than 1 MiB: the last one stays")
        }
        let groups = items.prefix(ZigbeeGroup.maximumCount).compactMap(ZigbeeGroup.init)
        news.leaveOut(devices: max(0, items.count - ZigbeeGroup.maximumCount))
        if groups.count < items.count { news.refuse("a group without number or name, or too many of them") }
        remember(message, as: hashes[message.topic] ?? 0, &news)
        var seen: Set<Int> = []
        groupList = groups.filter { seen.insert($0.number).inserted }
        makeGroups(&news)
    }

    /// Makes the groups of their members as they are now. A group without members is none yet.
    func makeGroups(_ news: inout DeviceNews) {
        let wanted = groupList.filter { !$0.members.isEmpty && hasDevices }
        let numbers = Set(wanted.map(\.number))
        for (number, device) in groups where !numbers.contains(number) {
            groups[number] = nil
            forgetName(of: device)
            news.remove(device.id)
        }
        for group in wanted {
            let device =
                groups[group.number] ?? ZigbeeDevice(id: DeviceID("\(base):group:\(group.number)"), isGroup: true)
            groups[group.number] = device
            forgetName(of: device)
            device.name = group.name
            device.manufacturer = "Zigbee2MQTT"
            device.model = "group"
            let features = Self.common(group.members.compactMap { devices[$0]?.features })
            if features != device.features { device.common = ZigbeeModel(features) }
            if byName[Array(group.name.utf8)] == nil { byName[Array(group.name.utf8)] = device }
            describe(device, &news)
            observeOnline(device, &news)
        }
    }

    /// What every member can be told as a light, a switch, a cover and so on, by the names without endpoints. Ranges and
    /// words are those of all together: each member takes what it can.
    static func common(_ members: [[ZigbeeFeature]]) -> [ZigbeeFeature] {
        guard let first = members.first else { return [] }
        var found: Set<[UInt8]> = []
        let own = tellable(first).filter { found.insert(Array($0.path.utf8)).inserted }
        let others = members.dropFirst().map(tellable)
        return own.compactMap { feature in
            others.reduce(feature) { common, member in
                guard let common, let same = member.first(where: { $0.path.utf8.elementsEqual(common.path.utf8) })
                else { return nil }
                return common.united(with: same)
            }
        }
    }

    private static func tellable(_ features: [ZigbeeFeature]) -> [ZigbeeFeature] {
        features.filter { $0.family != nil && $0.property.isWritable }.map(\.withoutEndpoint)
    }
}

extension ZigbeeFeature {
    fileprivate var withoutEndpoint: ZigbeeFeature {
        var plain = self
        plain.property.name = plainPath
        plain.siblings = siblings.map { sibling in
            var other = self
            other.property.name = sibling
            return other.plainPath
        }
        plain.endpoint = nil
        plain.property.group = family
        return plain
    }

    /// Nil where the two are not of one kind.
    fileprivate func united(with other: ZigbeeFeature) -> ZigbeeFeature? {
        guard property.type == other.property.type else { return nil }
        var united = self
        switch (kind, other.kind) {
        case (.binary, _): guard kind == other.kind else { return nil }
        case (.enumeration(let words), .enumeration(let more)): guard words.isEmpty, more.isEmpty else { return nil }
        default: break
        }
        united.property.minimum = Self.both(property.minimum, other.property.minimum, min)
        united.property.maximum = Self.both(property.maximum, other.property.maximum, max)
        united.property.hasState = property.hasState || other.property.hasState
        if let words = property.values, let more = other.property.values {
            united.property.values =
                words + more.filter { word in !words.contains { $0.utf8.elementsEqual(word.utf8) } }
        }
        return united
    }

    private static func both(_ a: Double?, _ b: Double?, _ choose: (Double, Double) -> Double) -> Double? {
        if let a, let b { choose(a, b) } else { nil }
    }
}
