package import Komoku
internal import KomokuStore

extension Hub {
    /// Takes over what sources say about devices, in order.
    package func apply(_ updates: [DeviceUpdate]) {
    }

    /// Every device of the catalogue, by name.
    package func devices() -> [DeviceInfo] { [] }

    /// A device by its id, its name or the first part of its keys; nil where there is none, or more than one.
    package func device(_ text: String) -> DeviceInfo? { nil }

    /// Takes a device out of the catalogue. Its keys and their history stay until they are deleted.
    ///
    /// - Throws: a sentence, where there is none such or it is still present.
    package func forget(_ id: DeviceID) throws(CommandFault) {
    }

    /// Who sends commands to devices, from now on; nil is nobody.
    package func setCommander(_ commander: (any DeviceCommander)?) {
    }

    /// What a put would send to a device; nil where the key is none of a device's, or not writable.
    ///
    /// - Throws: why the device cannot be told this.
    package func command(_ json: JSON, to key: KeyName) throws(CommandFault) -> DeviceCommandMessage? { nil }

    /// Calls `then` once the newest command to a key has ended; at once with nil where none waits.
    package func whenReported(_ key: KeyName, _ then: @escaping @Sendable (CommandOutcome?) -> Void) {
        then(nil)
    }

    /// The discovery messages that were remembered, in the order of their topics.
    package func takeDiscoveries() -> [(topic: String, payload: [UInt8])] { [] }
}
