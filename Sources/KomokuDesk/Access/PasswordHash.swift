internal import CCrypt

/// Passwords as the system's crypt(3) keeps them: yescrypt, which takes a tenth of a second or so, on purpose.
enum PasswordHash {
    /// crypt(3) takes no longer ones, and a NUL would cut one short.
    static let maximumLength = 511
    static let minimumLength = 8

    static func isPossible(_ password: String) -> Bool {
        let bytes = password.utf8
        return (1...maximumLength).contains(bytes.count) && !bytes.contains(0)
    }

    /// - Returns: nil where the system cannot make one.
    static func make(_ password: String) -> String? {
        guard isPossible(password) else { return nil }
        var setting = [CChar](repeating: 0, count: Int(CRYPT_GENSALT_OUTPUT_SIZE))
        guard crypt_gensalt_rn("$y$", 0, nil, 0, &setting, CRYPT_GENSALT_OUTPUT_SIZE) != nil else { return nil }
        return setting.withUnsafeBufferPointer { buffer in
            buffer.baseAddress.flatMap { crypt(password, setting: String(cString: $0)) }
        }
    }

    static func matches(_ password: String, _ hash: String) -> Bool {
        guard isPossible(password), hash.utf8.first == UInt8(ascii: "$") else { return false }
        guard let made = crypt(password, setting: hash) else { return false }
        return AccessSecret.isEqual(Array(made.utf8), Array(hash.utf8))
    }

    /// The work area is 32 KiB: too large for the stack of a thread that has others above it.
    private static func crypt(_ password: String, setting: String) -> String? {
        let size = MemoryLayout<crypt_data>.size
        let area = UnsafeMutableRawPointer.allocate(byteCount: size, alignment: MemoryLayout<crypt_data>.alignment)
        area.initializeMemory(as: UInt8.self, repeating: 0, count: size)
        defer {
            // What was in it would tell of the password.
            area.initializeMemory(as: UInt8.self, repeating: 0, count: size)
            area.deallocate()
        }
        return crypt_rn(password, setting, area, Int32(size)).map { String(cString: $0) }
    }
}
