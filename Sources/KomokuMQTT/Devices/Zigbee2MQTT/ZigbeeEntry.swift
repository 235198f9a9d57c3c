internal import Komoku
internal import KomokuHub

/// One entry of `bridge/devices`: only what is wanted of it is built. Valid as long as the payload.
struct ZigbeeEntry {
    let address: DeviceID
    /// Of the bytes as they stand; for this run of the process.
    let hash: Int
    var isCoordinator: Bool { text(.type) == "Coordinator" }
    private let bytes: UnsafeBufferPointer<UInt8>
    private let leaves: [FieldScanner.Leaf]

    private enum Field: Int, CaseIterable {
        case address, type, name, isDisabled, model, vendor, exposes, hasUpdates

        var path: String {
            switch self {
            case .address: "ieee_address"
            case .type: "type"
            case .name: "friendly_name"
            case .isDisabled: "disabled"
            case .model: "definition.model"
            case .vendor: "definition.vendor"
            case .exposes: "definition.exposes"
            case .hasUpdates: "definition.supports_ota"
            }
        }
    }

    /// Finds what an entry has.
    static var scanner: FieldScanner {
        FieldScanner(paths: Field.allCases.map { Array($0.path.utf8) }, takesNoNumbers: false)
    }

    /// Nil where it names no device.
    init?(_ bytes: UnsafeBufferPointer<UInt8>, _ scanner: inout FieldScanner) {
        guard (try? scanner.scan(bytes)) != nil else { return nil }
        self.bytes = bytes
        leaves = scanner.leaves
        hash = Self.hash(bytes[...])
        guard let address = Self.text(leaves[Field.address.rawValue], bytes), !address.isEmpty,
            address.utf8.count <= ZigbeeExposes.maximumName
        else { return nil }
        self.address = DeviceID(address)
    }

    /// - Parameter models: what was read already.
    func fill(_ device: ZigbeeDevice, _ models: inout [Int: ZigbeeModel]) {
        device.hash = hash
        let name = text(.name) ?? ""
        device.name = name.isEmpty || name.utf8.count > ZigbeeAvailability.maximumName ? address.text : name
        device.isDisabled = leaf(.isDisabled) == .bool(true)
        device.model = text(.model)
        device.manufacturer = text(.vendor)
        device.common = model(hasUpdates: leaf(.hasUpdates) == .bool(true), &models)
    }

    private func model(hasUpdates: Bool, _ models: inout [Int: ZigbeeModel]) -> ZigbeeModel {
        var hasher = Hasher()
        if case .composite(let range) = leaf(.exposes) {
            hasher.combine(Self.hash(bytes[range]))
        } else {
            hasher.combine(exposes)
        }
        hasher.combine(hasUpdates)
        let hash = hasher.finalize()
        if let known = models[hash] { return known }
        var exposes = exposes.map(ZigbeeExposes.init) ?? ZigbeeExposes()
        exposes.addCommon(hasUpdates: hasUpdates)
        let model = ZigbeeModel(exposes.features, unsupported: exposes.unsupported)
        models[hash] = model
        return model
    }

    private var exposes: JSON? {
        switch leaf(.exposes) {
        case .absent: nil
        case .null: .null
        case .bool(let bool): .bool(bool)
        case .number(let number): .number(number)
        case .text: text(.exposes).map { .string($0) }
        case .composite(let range): try? JSON(parsing: bytes[range])
        }
    }

    private func leaf(_ field: Field) -> FieldScanner.Leaf { leaves[field.rawValue] }
    private func text(_ field: Field) -> String? { Self.text(leaf(field), bytes) }

    private static func text(_ leaf: FieldScanner.Leaf, _ bytes: UnsafeBufferPointer<UInt8>) -> String? {
        guard case .text(let range, let isEscaped) = leaf else { return nil }
        return FieldScanner.text(range, isEscaped: isEscaped, of: bytes)
    }

    private static func hash(_ bytes: Slice<UnsafeBufferPointer<UInt8>>) -> Int {
        var hasher = Hasher()
        hasher.combine(bytes: UnsafeRawBufferPointer(UnsafeBufferPointer(rebasing: bytes)))
        return hasher.finalize()
    }
}
