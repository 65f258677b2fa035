// libsrtp 3's API, as far as mediasoup uses it, on top of libsrtp 2.
//
// Two things changed between the two: the policy became an opaque object with
// setters, and protect/unprotect got separate input and output buffers. Since
// the argument lists differ, the version 3 functions are plain C++ overloads of
// the version 2 ones.
#ifndef PARLEY_SRTP3_ON_SRTP2_H
#define PARLEY_SRTP3_ON_SRTP2_H

// Version 2 gives this name to a public struct, version 3 to the opaque handle.
#define srtp_policy_t srtp2_policy_t
#include <srtp2/srtp.h>
#undef srtp_policy_t

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <new>

// Added by version 3. Version 2 never returns 28 or 29.
inline constexpr auto srtp_err_status_buffer_small = static_cast<srtp_err_status_t>(28);
inline constexpr auto srtp_err_status_cryptex_err  = static_cast<srtp_err_status_t>(29);

struct ParleySrtpPolicy
{
	srtp2_policy_t v2{};
	// Version 2 wants one buffer: master key, then master salt.
	std::array<uint8_t, SRTP_MAX_KEY_LEN> keyAndSalt{};
};

using srtp_policy_t = ParleySrtpPolicy*;

inline srtp_err_status_t srtp_policy_create(srtp_policy_t* policy)
{
	*policy = new (std::nothrow) ParleySrtpPolicy();

	return *policy != nullptr ? srtp_err_status_ok : srtp_err_status_alloc_fail;
}

inline void srtp_policy_destroy(srtp_policy_t policy)
{
	delete policy;
}

inline srtp_err_status_t srtp_policy_set_ssrc(srtp_policy_t policy, srtp_ssrc_t ssrc)
{
	policy->v2.ssrc = ssrc;

	return srtp_err_status_ok;
}

inline srtp_err_status_t srtp_policy_set_profile(srtp_policy_t policy, srtp_profile_t profile)
{
	const auto err = srtp_crypto_policy_set_from_profile_for_rtp(&policy->v2.rtp, profile);

	return err != srtp_err_status_ok
	         ? err
	         : srtp_crypto_policy_set_from_profile_for_rtcp(&policy->v2.rtcp, profile);
}

// Call once per policy: mediasoup sets a single master key and no MKI.
inline srtp_err_status_t srtp_policy_add_key(
  srtp_policy_t policy,
  const uint8_t* key,
  size_t keyLen,
  const uint8_t* salt,
  size_t saltLen,
  const uint8_t* /*mki*/,
  size_t mkiLen)
{
	if (mkiLen != 0 || keyLen + saltLen > policy->keyAndSalt.size())
	{
		return srtp_err_status_bad_param;
	}

	std::memcpy(policy->keyAndSalt.data(), key, keyLen);
	std::memcpy(policy->keyAndSalt.data() + keyLen, salt, saltLen);
	policy->v2.key = policy->keyAndSalt.data();

	return srtp_err_status_ok;
}

inline srtp_err_status_t srtp_policy_set_allow_repeat_tx(srtp_policy_t policy, bool allow)
{
	policy->v2.allow_repeat_tx = allow ? 1 : 0;

	return srtp_err_status_ok;
}

inline srtp_err_status_t srtp_policy_set_window_size(srtp_policy_t policy, size_t size)
{
	policy->v2.window_size = size;

	return srtp_err_status_ok;
}

inline srtp_err_status_t srtp_create(srtp_t* session, srtp_policy_t policy)
{
	return srtp_create(session, &policy->v2);
}

// A session has a context of its own, of some 370 bytes, for each SSRC it receives from, looks for it in a list, and
// keeps it until it is removed. mediasoup does that when a packet turns out to be of no producer, but not when it is
// RTCP, or no RTP it can parse. So whoever is in a call could have the worker grow, and slow down, without end, by an
// SSRC of its own for each packet. Here a session keeps so many; packets from further ones are refused.
namespace parley_srtp
{
	inline constexpr uintptr_t maxStreams{ 1024u };
	// Whoever only listens says all its RTCP from one SSRC, whoever speaks from that of its microphone.
	inline constexpr uintptr_t maxStreamsOfRtcp{ 128u };

	// Kept in what a session has room for and libsrtp itself does not use.
	inline uintptr_t streamsOf(srtp_t session)
	{
		return reinterpret_cast<uintptr_t>(srtp_get_user_data(session));
	}

	inline void setStreamsOf(srtp_t session, uintptr_t streams)
	{
		srtp_set_user_data(session, reinterpret_cast<void*>(streams));
	}

	// `ssrcAt`: where the packet has the SSRC it is from.
	template<typename Unprotect>
	srtp_err_status_t receive(
	  srtp_t session, const uint8_t* packet, size_t len, size_t ssrcAt, uintptr_t max, Unprotect&& unprotect)
	{
		if (len < ssrcAt + sizeof(uint32_t))
		{
			return srtp_err_status_bad_param;
		}

		const uint8_t* at   = packet + ssrcAt;
		const uint32_t ssrc = uint32_t{ at[0] } << 24 | uint32_t{ at[1] } << 16 | uint32_t{ at[2] } << 8 | at[3];
		uint32_t roc{ 0u };
		const bool isNew   = srtp_get_stream_roc(session, ssrc, &roc) != srtp_err_status_ok;
		const auto streams = streamsOf(session);

		if (isNew && streams >= max)
		{
			return srtp_err_status_no_ctx;
		}

		const auto err = unprotect();

		if (isNew && err == srtp_err_status_ok)
		{
			setStreamsOf(session, streams + 1);
		}

		return err;
	}
} // namespace parley_srtp

inline srtp_err_status_t srtp_stream_remove(srtp_t session, uint32_t ssrc)
{
	const auto err     = srtp_remove_stream(session, ssrc);
	const auto streams = parley_srtp::streamsOf(session);

	if (err == srtp_err_status_ok && streams > 0)
	{
		parley_srtp::setStreamsOf(session, streams - 1);
	}

	return err;
}

namespace parley_srtp
{
	// Copies the packet into the output buffer, unless it is there already, and
	// lets version 2's in-place function loose on it. `headroom` is how much that
	// function may append.
	template<typename InPlace>
	srtp_err_status_t transform(
	  const uint8_t* in, size_t inLen, uint8_t* out, size_t* outLen, size_t headroom, InPlace&& inPlace)
	{
		if (inLen + headroom > *outLen)
		{
			return srtp_err_status_buffer_small;
		}

		if (in != out)
		{
			std::memmove(out, in, inLen);
		}

		auto len       = static_cast<int>(inLen);
		const auto err = inPlace(out, &len);

		if (err == srtp_err_status_ok)
		{
			*outLen = static_cast<size_t>(len);
		}

		return err;
	}
} // namespace parley_srtp

inline srtp_err_status_t srtp_protect(
  srtp_t ctx, const uint8_t* rtp, size_t rtpLen, uint8_t* srtp, size_t* srtpLen, size_t /*mkiIndex*/)
{
	return parley_srtp::transform(
	  rtp,
	  rtpLen,
	  srtp,
	  srtpLen,
	  SRTP_MAX_TRAILER_LEN,
	  [ctx](void* packet, int* len) { return ::srtp_protect(ctx, packet, len); });
}

inline srtp_err_status_t srtp_unprotect(
  srtp_t ctx, const uint8_t* srtp, size_t srtpLen, uint8_t* rtp, size_t* rtpLen)
{
	return parley_srtp::receive(
	  ctx,
	  srtp,
	  srtpLen,
	  8,
	  parley_srtp::maxStreams,
	  [=]()
	  {
		  return parley_srtp::transform(
		    srtp,
		    srtpLen,
		    rtp,
		    rtpLen,
		    0,
		    [ctx](void* packet, int* len) { return ::srtp_unprotect(ctx, packet, len); });
	  });
}

inline srtp_err_status_t srtp_protect_rtcp(
  srtp_t ctx, const uint8_t* rtcp, size_t rtcpLen, uint8_t* srtcp, size_t* srtcpLen, size_t /*mkiIndex*/)
{
	return parley_srtp::transform(
	  rtcp,
	  rtcpLen,
	  srtcp,
	  srtcpLen,
	  SRTP_MAX_TRAILER_LEN + sizeof(uint32_t),
	  [ctx](void* packet, int* len) { return ::srtp_protect_rtcp(ctx, packet, len); });
}

inline srtp_err_status_t srtp_unprotect_rtcp(
  srtp_t ctx, const uint8_t* srtcp, size_t srtcpLen, uint8_t* rtcp, size_t* rtcpLen)
{
	return parley_srtp::receive(
	  ctx,
	  srtcp,
	  srtcpLen,
	  4,
	  parley_srtp::maxStreamsOfRtcp,
	  [=]()
	  {
		  return parley_srtp::transform(
		    srtcp,
		    srtcpLen,
		    rtcp,
		    rtcpLen,
		    0,
		    [ctx](void* packet, int* len) { return ::srtp_unprotect_rtcp(ctx, packet, len); });
	  });
}

#endif
