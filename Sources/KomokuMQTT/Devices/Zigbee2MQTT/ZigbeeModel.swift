internal import Komoku
internal import KomokuHub

/// What all devices of a kind have in common, once for all of them. Belongs to the Inbox's thread.
final class ZigbeeModel {
    let features: [ZigbeeFeature]
    let unsupported: [DeviceDescription.Unsupported]
    /// By feature, but for parts of composites: see `ZigbeeFeature.decoder`.
    private let decoders: [DeviceDecoder]
    /// By what comes first.
    private var lists: [PropertyDescription?: [PropertyDescription]] = [:]

    init(_ features: [ZigbeeFeature] = [], unsupported: [DeviceDescription.Unsupported] = []) {
        self.features = features
        self.unsupported = unsupported
        decoders = features.map(\.plainDecoder)
    }

    /// The properties of a device, which share their memory with those of others.
    ///
    /// - Parameter online: what is said before them of whether the device is there.
    func properties(_ online: PropertyDescription?) -> [PropertyDescription] {
        if let list = lists[online] { return list }
        let list = (online.map { [$0] } ?? []) + features.map(\.property)
        lists[online] = list
        return list
    }

    /// The features that report a value, with what reads it.
    ///
    /// - Parameter known: keeps the values of a composite's parts.
    func forEachReported(_ known: ZigbeeKnownValues, _ body: (ZigbeeFeature, DeviceDecoder) -> Void) {
        for (feature, plain) in zip(features, decoders) where feature.property.hasState {
            body(feature, feature.decoder(known, plain))
        }
    }
}
