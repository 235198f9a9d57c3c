import Glibc
import Komoku
import KomokuHub
import KomokuYAML

extension KeyCatalogue {
    /// A file that holds no catalogue, and why.
    struct Unreadable: Error, CustomStringConvertible {
        let path: String
        let reason: String

        var description: String {
            "\(path) is no catalogue of keys: \(reason); 'komoku keys --json' and 'komoku devices --json' print one"
        }
    }

    /// Catalogues of more are not read.
    private static let limit = 256 << 20

    /// - Parameter files: what `komoku keys --json` or `komoku devices --json` printed; each adds to the ones before.
    init(files: [String]) throws(Unreadable) {
        self.init()
        for path in files {
            do {
                try add(try JSON(parsing: Self.bytes(of: path)))
            } catch let error as Invalid {
                throw Unreadable(path: path, reason: error.reason)
            } catch let error as Unreadable {
                throw error
            } catch {
                throw Unreadable(path: path, reason: "\(error)")
            }
        }
    }

    private static func bytes(of path: String) throws(Unreadable) -> [UInt8] {
        guard let stream = fopen(path, "rbe") else {
            throw Unreadable(path: path, reason: String(cString: strerror(errno)))
        }
        defer { fclose(stream) }
        var (bytes, buffer) = ([UInt8](), [UInt8](repeating: 0, count: 1 << 16))
        while true {
            let count = fread(&buffer, 1, buffer.count, stream)
            if count == 0 { return bytes }
            bytes += buffer.prefix(count)
            if bytes.count > limit { throw Unreadable(path: path, reason: "it is too long") }
        }
    }
}
