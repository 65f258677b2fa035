// Stand-in for ankerl::unordered_dense, which Debian 12 does not package.
//
// mediasoup uses it as a faster std::unordered_map and relies on nothing the
// standard containers do not promise, so aliases are enough.
#ifndef PARLEY_ANKERL_UNORDERED_DENSE_H
#define PARLEY_ANKERL_UNORDERED_DENSE_H

#include <cstddef>
#include <cstdint>
#include <functional>
#include <unordered_map>
#include <unordered_set>

namespace ankerl::unordered_dense
{
	namespace detail::wyhash
	{
		// The 64x64 -> 128 bit "fold" multiply of wyhash.
		inline uint64_t mix(uint64_t a, uint64_t b)
		{
			const auto product = static_cast<unsigned __int128>(a) * b;

			return static_cast<uint64_t>(product) ^ static_cast<uint64_t>(product >> 64U);
		}

		inline uint64_t hash(uint64_t value)
		{
			return mix(value, UINT64_C(0x9E3779B97F4A7C15));
		}
	} // namespace detail::wyhash

	// std::hash of an integer is the integer itself, and mediasoup combines these
	// hashes field by field: pass the result through a mixer, as the original does.
	template<typename T>
	struct hash
	{
		size_t operator()(const T& value) const noexcept(noexcept(std::hash<T>{}(value)))
		{
			return static_cast<size_t>(detail::wyhash::hash(std::hash<T>{}(value)));
		}
	};

	template<typename Key, typename T, typename Hash = hash<Key>, typename KeyEqual = std::equal_to<Key>>
	using map = std::unordered_map<Key, T, Hash, KeyEqual>;

	template<typename Key, typename Hash = hash<Key>, typename KeyEqual = std::equal_to<Key>>
	using set = std::unordered_set<Key, Hash, KeyEqual>;
} // namespace ankerl::unordered_dense

#endif
